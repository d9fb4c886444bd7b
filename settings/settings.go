package settings

import "time"

// Settings is what the files told. A nil one, and the zero one, know nothing. It does not change once loaded, and may
// then be used by several goroutines.
type Settings struct {
	Collected time.Time // when the commands ran; zero when no file tells

	LoadBalancers   map[string]*LoadBalancer   // by app/name/id
	TargetGroups    map[string]*TargetGroup    // by targetgroup/name/id
	Listeners       map[string]*Listener       // by ARN
	ListenerRules   map[string]*ListenerRule   // by ARN
	SecurityGroups  map[string]*SecurityGroup  // by id, as the next
	NetworkACLs     map[string]*NetworkACL     //
	Subnets         map[string]*Subnet         //
	RouteTables     map[string]*RouteTable     //
	Interfaces      map[string]*Interface      //
	Instances       map[string]*InstanceStatus //
	Services        map[string]*Service        // by ARN, as the next
	Tasks           map[string]*Task           //
	TaskDefinitions map[string]*TaskDefinition //
	Metrics         []*Series

	origins []origin
}

// A Problem is a file, or a part of one, that could not be used. What it quotes may hold anything.
type Problem struct {
	File string // as the file system names it; "" for that as a whole
	What string
}

func newSettings() *Settings {
	return &Settings{
		LoadBalancers:   map[string]*LoadBalancer{},
		TargetGroups:    map[string]*TargetGroup{},
		Listeners:       map[string]*Listener{},
		ListenerRules:   map[string]*ListenerRule{},
		SecurityGroups:  map[string]*SecurityGroup{},
		NetworkACLs:     map[string]*NetworkACL{},
		Subnets:         map[string]*Subnet{},
		RouteTables:     map[string]*RouteTable{},
		Interfaces:      map[string]*Interface{},
		Instances:       map[string]*InstanceStatus{},
		Services:        map[string]*Service{},
		Tasks:           map[string]*Task{},
		TaskDefinitions: map[string]*TaskDefinition{},
	}
}
