package settings

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// An Instant is a time as the AWS CLI prints it: seconds since 1970 in version 1, RFC 3339 in version 2.
type Instant struct{ time.Time }

// UnmarshalJSON takes both forms.
func (i *Instant) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	if seconds, err := strconv.ParseFloat(string(text), 64); err == nil {
		i.Time = time.UnixMilli(int64(seconds * 1000)).UTC()
		return nil
	}
	if err := json.Unmarshal(text, &i.Time); err != nil {
		return err
	}
	i.Time = i.UTC()
	return nil
}

// A Service keeps tasks running, and registers them with target groups.
type Service struct {
	ARN            string `json:"serviceArn"`
	Name           string `json:"serviceName"`
	Cluster        string `json:"clusterArn"`
	TaskDefinition string `json:"taskDefinition"`
	LoadBalancers  []struct {
		TargetGroup string `json:"targetGroupArn"`
		Container   string `json:"containerName"`
	} `json:"loadBalancers"`
	Network     awsvpc `json:"networkConfiguration"`
	Deployments []struct {
		ID      string  `json:"id"`
		Status  string  `json:"status"` // PRIMARY, ACTIVE, INACTIVE
		Rollout string  `json:"rolloutState"`
		Created Instant `json:"createdAt"`
		Updated Instant `json:"updatedAt"`
	} `json:"deployments"`
	Events []struct {
		At      Instant `json:"createdAt"`
		Message string  `json:"message"`
	} `json:"events"`
}

type awsvpc struct {
	Config struct {
		SecurityGroups []string `json:"securityGroups"`
	} `json:"awsvpcConfiguration"`
}

// A Task is a running or stopped copy of a TaskDefinition. ECS tells of stopped ones for about an hour.
type Task struct {
	ARN           string  `json:"taskArn"`
	Definition    string  `json:"taskDefinitionArn"`
	Group         string  `json:"group"` // service:NAME
	Status        string  `json:"lastStatus"`
	StopCode      string  `json:"stopCode"`
	StoppedReason string  `json:"stoppedReason"`
	Started       Instant `json:"startedAt"`
	Stopping      Instant `json:"stoppingAt"`
	Stopped       Instant `json:"stoppedAt"`
	Attachments   []struct {
		Details []struct {
			Name  string `json:"name"` // privateIPv4Address
			Value string `json:"value"`
		} `json:"details"`
	} `json:"attachments"`
	Containers []struct {
		Name       string `json:"name"`
		ExitCode   *int   `json:"exitCode"`
		Reason     string `json:"reason"`
		Interfaces []struct {
			Address string `json:"privateIpv4Address"`
		} `json:"networkInterfaces"`
	} `json:"containers"`
}

// has reports whether the task had an address of its own, as in network mode awsvpc.
func (t *Task) has(addr netip.Addr) bool {
	text := addr.String()
	for _, c := range t.Containers {
		for _, i := range c.Interfaces {
			if i.Address == text {
				return true
			}
		}
	}
	for _, a := range t.Attachments { // stopped tasks have lost their containers' interfaces
		for _, d := range a.Details {
			if d.Name == "privateIPv4Address" && d.Value == text {
				return true
			}
		}
	}
	return false
}

// outOfMemory reports whether the kernel killed a container for its memory.
func (t *Task) outOfMemory() bool {
	if strings.Contains(t.StoppedReason, "OutOfMemory") {
		return true
	}
	for _, c := range t.Containers {
		if strings.Contains(c.Reason, "OutOfMemory") {
			return true
		}
	}
	return false
}

// A TaskDefinition tells how containers are run and stopped.
type TaskDefinition struct {
	ARN        string `json:"taskDefinitionArn"`
	Containers []struct {
		Name        string   `json:"name"`
		StopTimeout *float64 `json:"stopTimeout"` // seconds; nil: ECS's default
	} `json:"containerDefinitions"`
	Compatibilities []string `json:"requiresCompatibilities"` // EC2, FARGATE
}

// An InstanceStatus is what the checks of EC2 say of an instance.
type InstanceStatus struct {
	ID    string `json:"InstanceId"`
	State struct {
		Name string
	} `json:"InstanceState"`
	Instance checks `json:"InstanceStatus"`
	System   checks `json:"SystemStatus"`
}

type checks struct {
	Status  string // ok, impaired, initializing, insufficient-data, not-applicable
	Details []struct {
		Since Instant `json:"ImpairedSince"`
	}
}

// impairedSince is zero for checks that pass.
func (c checks) impairedSince() time.Time {
	if c.Status == "impaired" {
		for _, d := range c.Details {
			if !d.Since.IsZero() {
				return d.Since.Time
			}
		}
	}
	return time.Time{}
}

func (l *loader) services(doc document) {
	for _, x := range items[Service](l, doc, "services") {
		if !l.isECS(x.ARN) || !l.allIDs("security group", x.Network.Config.SecurityGroups...) {
			continue
		}
		for _, b := range x.LoadBalancers {
			if key := groupKey(b.TargetGroup); key != "" {
				l.about(key)
			}
		}
		l.s.Services[x.ARN] = x
	}
}

func (l *loader) tasks(doc document) {
	for _, x := range items[Task](l, doc, "tasks") {
		if l.isECS(x.ARN) {
			l.s.Tasks[x.ARN] = x
		}
	}
}

func (l *loader) taskDefinition(doc document) {
	x := new(TaskDefinition)
	if err := json.Unmarshal(doc["taskDefinition"], x); err != nil {
		l.problem("taskDefinition%s", plainJSON(err))
		return
	}
	if l.isECS(x.ARN) {
		l.s.TaskDefinitions[x.ARN] = x
	}
}

func (l *loader) instances(doc document) {
	for _, x := range items[InstanceStatus](l, doc, "InstanceStatuses") {
		if l.allIDs("instance", x.ID) {
			l.s.Instances[x.ID] = x
		}
	}
}

func (l *loader) isECS(arn string) bool {
	if ecsPattern.MatchString(arn) {
		return true
	}
	l.problem("%.120q is no ARN of ECS", arn)
	return false
}
