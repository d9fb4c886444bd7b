
out=${1:-alblens-aws}
mkdir -p "$out"
AWS_PAGER=''
export AWS_PAGER
failed=0
count=0
seen=''

note() {
  printf 'collect: %s\n' "$*" >&2
}

# keep FILE WORD...: what `aws WORD...` prints goes into FILE. A call that fails is noted, and costs no other.
keep() {
  into=$1
  shift
  if aws "$@" --output json >"$out/.part"; then
    mv "$out/.part" "$out/$into"
  else
    note "failed: aws $1 $2, so no $into"
    failed=$((failed + 1))
  fi
}

# ask WORD...: what `aws WORD...` prints, as words; nothing if it fails.
ask() {
  if answer=$(aws "$@" --output text); then
    for word in $answer; do
      if [ "$word" != None ]; then printf '%s\n' "$word"; fi
    done
  else
    note "failed: aws $1 $2"
  fi
}

# new WORD: whether it has not been met before.
new() {
  case " $seen " in *" $1 "*) return 1 ;; esac
  seen="$seen $1"
}

# region_of ARN
region_of() {
  rest=${1#arn:*:*:}
  printf '%s' "${rest%%:*}"
}

# hundreds WORD...: the words with commas between them, a hundred a line, for no call takes many more.
hundreds() {
  n=0
  line=''
  for word in "$@"; do
    line=${line:+$line,}$word
    n=$((n + 1))
    if [ "$n" -eq 100 ]; then
      printf '%s\n' "$line"
      n=0
      line=''
    fi
  done
  if [ -n "$line" ]; then printf '%s\n' "$line"; fi
}

# interfaces REGION FILTER WORD...: the network interfaces of these addresses or instances.
interfaces() {
  where=$1
  filter=$2
  shift 2
  for list in $(hundreds "$@"); do
    count=$((count + 1))
    keep "network-interfaces.$count.json" ec2 describe-network-interfaces --region "$where" --filters "Name=$filter,Values=$list"
    for id in $(ask ec2 describe-network-interfaces --region "$where" --filters "Name=$filter,Values=$list" --query 'NetworkInterfaces[].Attachment.InstanceId'); do
      instances="$instances $where=$id"
    done
  done
}

# query NAMESPACE METRIC STATISTIC DIMENSIONS WHAT: one more metric for get-metric-data. Its label tells alblens what it is.
query() {
  count=$((count + 1))
  one="{\"Id\":\"m$count\",\"Label\":\"$2 $3 $period $5\",\"MetricStat\":{\"Metric\":{\"Namespace\":\"$1\",\"MetricName\":\"$2\",\"Dimensions\":[$4]},\"Period\":$period,\"Stat\":\"$3\"}}"
  queries=${queries:+$queries,}$one
}

# metrics REGION FILE: asks for what query has gathered.
metrics() {
  keep "$2" cloudwatch get-metric-data --region "$1" --start-time "$since" --end-time "$until" --metric-data-queries "[$queries]"
  queries=''
}

dimension() {
  printf '{"Name":"%s","Value":"%s"}' "$1" "$2"
}

printf '{"CollectedAt": "%s"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$out/collected.json"
queries=''

# Load balancers are known by ARN, by name, or by what sends to a target group.
for name in $names; do
  # shellcheck disable=SC2086 # no word at all where the region is the AWS CLI's own
  balancers="$balancers $(ask elbv2 describe-load-balancers $region --names "$name" --query 'LoadBalancers[].LoadBalancerArn')"
done
for group in $groups; do
  balancers="$balancers $(ask elbv2 describe-target-groups --region "$(region_of "$group")" --target-group-arns "$group" --query 'TargetGroups[].LoadBalancerArns[]')"
done

regions=''
for balancer in $balancers; do
  case $balancer in
  *[!A-Za-z0-9:/-]*) continue ;;
  *:loadbalancer/app/*) ;;
  *) continue ;;
  esac
  new "$balancer" || continue
  here=$(region_of "$balancer")
  regions="$regions $here"
  key=${balancer##*:loadbalancer/} # app/NAME/ID
  file=${key#app/}
  file="${file%%/*}.${file#*/}" # NAME.ID
  keep "load-balancers.$file.json" elbv2 describe-load-balancers --region "$here" --load-balancer-arns "$balancer"
  keep "load-balancer-attributes.$file.json" elbv2 describe-load-balancer-attributes --region "$here" --load-balancer-arn "$balancer"
  keep "listeners.$file.json" elbv2 describe-listeners --region "$here" --load-balancer-arn "$balancer"
  for listener in $(ask elbv2 describe-listeners --region "$here" --load-balancer-arn "$balancer" --query 'Listeners[].ListenerArn'); do
    keep "rules.$file.${listener##*/}.json" elbv2 describe-rules --region "$here" --listener-arn "$listener"
  done
  for vpc in $(ask elbv2 describe-load-balancers --region "$here" --load-balancer-arns "$balancer" --query 'LoadBalancers[].VpcId'); do
    new "$vpc" || continue
    keep "security-groups.$vpc.json" ec2 describe-security-groups --region "$here" --filters "Name=vpc-id,Values=$vpc"
    keep "network-acls.$vpc.json" ec2 describe-network-acls --region "$here" --filters "Name=vpc-id,Values=$vpc"
    keep "subnets.$vpc.json" ec2 describe-subnets --region "$here" --filters "Name=vpc-id,Values=$vpc"
    keep "route-tables.$vpc.json" ec2 describe-route-tables --region "$here" --filters "Name=vpc-id,Values=$vpc"
  done

  dimensions=$(dimension LoadBalancer "$key")
  for metric in RequestCount HTTPCode_ELB_5XX_Count HTTPCode_ELB_500_Count HTTPCode_ELB_502_Count HTTPCode_ELB_503_Count \
    HTTPCode_ELB_504_Count HTTPCode_Target_5XX_Count TargetConnectionErrorCount TargetTLSNegotiationErrorCount \
    RejectedConnectionCount ELBAuthError ELBAuthFailure; do
    query AWS/ApplicationELB "$metric" Sum "$dimensions" "$key"
  done
  query AWS/ApplicationELB TargetResponseTime Maximum "$dimensions" "$key"
  metrics "$here" "metrics.$file.json"

  for group in $(ask elbv2 describe-target-groups --region "$here" --load-balancer-arn "$balancer" --query 'TargetGroups[].TargetGroupArn'); do
    groups="$groups $group"
    id=${group##*:} # targetgroup/NAME/ID
    dimensions="$(dimension LoadBalancer "$key"),$(dimension TargetGroup "$id")"
    for metric in RequestCount HTTPCode_Target_5XX_Count TargetConnectionErrorCount TargetTLSNegotiationErrorCount \
      UnhealthyRoutingRequestCount LambdaUserError LambdaInternalError; do
      query AWS/ApplicationELB "$metric" Sum "$dimensions" "$key $id"
    done
    query AWS/ApplicationELB HealthyHostCount Minimum "$dimensions" "$key $id"
    query AWS/ApplicationELB UnHealthyHostCount Maximum "$dimensions" "$key $id"
    query AWS/ApplicationELB TargetResponseTime Maximum "$dimensions" "$key $id"
    id=${id#targetgroup/}
    metrics "$here" "metrics.$file.${id%%/*}.${id#*/}.json"
  done
done

for group in $groups; do
  case $group in
  *[!A-Za-z0-9:/-]*) continue ;;
  esac
  new "$group" || continue
  here=$(region_of "$group")
  regions="$regions $here"
  file=${group##*:targetgroup/}
  file="${file%%/*}.${file#*/}"
  keep "target-groups.$file.json" elbv2 describe-target-groups --region "$here" --target-group-arns "$group"
  keep "target-group-attributes.$file.json" elbv2 describe-target-group-attributes --region "$here" --target-group-arn "$group"
  keep "target-health.$file.json" elbv2 describe-target-health --region "$here" --target-group-arn "$group"
  for id in $(ask elbv2 describe-target-health --region "$here" --target-group-arn "$group" --query 'TargetHealthDescriptions[].Target.Id'); do
    case $id in
    i-*) instances="$instances $here=$id" ;;
    *[!0-9.]*) ;; # an IPv6 address, or a Lambda function
    *)
      case " $addresses " in *" $id "*) ;; *) addresses="$addresses $id" ;; esac
      ;;
    esac
  done
done

for here in $regions; do
  new "$here" || continue

  # Addresses of targets lead to network interfaces, and these to instances.
  # shellcheck disable=SC2086 # words on purpose, here and below; set -f keeps the shell from expanding them
  interfaces "$here" addresses.private-ip-address $addresses
  # shellcheck disable=SC2086
  interfaces "$here" ipv6-addresses.ipv6-address $addresses6
  ids=''
  for instance in $instances; do
    case $instance in
    "$here="i-*) if new "$instance"; then ids="$ids ${instance#*=}"; fi ;;
    esac
  done
  # shellcheck disable=SC2086
  interfaces "$here" attachment.instance-id $ids
  # shellcheck disable=SC2086
  for list in $(hundreds $ids); do
    count=$((count + 1))
    # shellcheck disable=SC2046
    keep "instance-status.$count.json" ec2 describe-instance-status --region "$here" --include-all-instances --instance-ids $(printf '%s' "$list" | tr , ' ')
  done
  for id in $ids; do
    dimensions=$(dimension InstanceId "$id")
    query AWS/EC2 CPUUtilization Maximum "$dimensions" "$id"
    query AWS/EC2 StatusCheckFailed Maximum "$dimensions" "$id"
    query CWAgent mem_used_percent Maximum "$dimensions" "$id"
    query CWAgent disk_used_percent Maximum "$dimensions" "$id"
    metrics "$here" "metrics.$id.json"
  done

  # Of all services of ECS, those whose tasks are targets here.
  for cluster in $(ask ecs list-clusters --region "$here" --query 'clusterArns[]'); do
    for service in $(ask ecs list-services --region "$here" --cluster "$cluster" --query 'serviceArns[]'); do
      ours=''
      for group in $(ask ecs describe-services --region "$here" --cluster "$cluster" --services "$service" --query 'services[].loadBalancers[].targetGroupArn'); do
        case " $groups " in *" $group "*) ours=yes ;; esac
      done
      if [ -z "$ours" ]; then continue; fi
      count=$((count + 1))
      keep "ecs-services.$count.json" ecs describe-services --region "$here" --cluster "$cluster" --services "$service"
      for definition in $(ask ecs describe-services --region "$here" --cluster "$cluster" --services "$service" --query 'services[].taskDefinition'); do
        keep "ecs-task-definition.$count.json" ecs describe-task-definition --region "$here" --task-definition "$definition"
      done
      tasks=''
      for status in RUNNING STOPPED; do
        tasks="$tasks $(ask ecs list-tasks --region "$here" --cluster "$cluster" --service-name "$service" --desired-status "$status" --query 'taskArns[]')"
      done
      # shellcheck disable=SC2086
      for list in $(hundreds $tasks); do
        count=$((count + 1))
        # shellcheck disable=SC2046
        keep "ecs-tasks.$count.json" ecs describe-tasks --region "$here" --cluster "$cluster" --tasks $(printf '%s' "$list" | tr , ' ')
      done
      dimensions="$(dimension ClusterName "${cluster##*/}"),$(dimension ServiceName "${service##*/}")"
      query AWS/ECS CPUUtilization Maximum "$dimensions" "service/${cluster##*/}/${service##*/}"
      query AWS/ECS MemoryUtilization Maximum "$dimensions" "service/${cluster##*/}/${service##*/}"
      metrics "$here" "metrics.ecs.$count.json"
    done
  done
done

rm -f "$out/.part"
note "wrote to $out; $failed calls failed"
