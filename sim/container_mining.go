package sim

// containerMining follows what AWS published of a campaign that began on
// 2025-11-02: administrator keys mine in containers and machines, and the
// machines are protected against their owner. Calls, counts and sizes are the
// write-up's (within ten minutes of the first call the miners ran); names, the
// image and the order inside a step are ours.
var containerMining = Scenario{
	Name: "container-mining", Seed: 22, Start: "2025-11-06T03:17:52Z", History: 2,
	Title: "a leaked administrator's key fills the account with mining containers and machines that cannot be ended",
	After: "AWS (2025)",
	play: func(s *stage) {
		owner := s.user("ops-automation")
		s.daily(signs(owner, origin{ip: "192.0.2.62", agent: agentBoto}), 5, false, always(append(
			reads(2, "sts:GetCallerIdentity", "ec2:DescribeInstances", "ec2:DescribeVolumes", "autoscaling:DescribeAutoScalingGroups", "ecs:ListClusters"),
			do(3, "ec2:CreateTags"))...))
		s.containerReleases()

		k := signs(owner, s.outside(agentBoto))
		s.plays(k, discovery,
			do(0, "sts:GetCallerIdentity"),
			do(3, "servicequotas:GetServiceQuota", obj("serviceCode", "ec2", "quotaCode", "L-1216C47A")),
			do(2, "servicequotas:GetServiceQuota", obj("serviceCode", "ec2", "quotaCode", "L-DB2E81BA")),
			do(2, "ec2:DescribeRegions"),
			do(2, "iam:GetUser", obj("userName", owner.name)),
			// Whether machines may be launched, without launching one: a success
			// that is recorded as an error.
			do(4, "ec2:RunInstances", s.launch("m5.large", true)).failing("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set.").key(),
		)

		// Roles for what comes: the services' own, and one for the miners.
		miner := s.role("AWSLambdaTaskHelper")
		s.plays(k, persistence,
			do(12, "iam:CreateServiceLinkedRole", obj("aWSServiceName", "ecs.amazonaws.com"), "").failing("InvalidInputException",
				"Service role name AWSServiceRoleForECS has been taken in this account, please try a different suffix."),
			do(2, "iam:CreateServiceLinkedRole", obj("aWSServiceName", "autoscaling.amazonaws.com"),
				obj("role", obj("path", "/aws-service-role/autoscaling.amazonaws.com/", "roleName", "AWSServiceRoleForAutoScaling", "roleId", s.r.roleID(),
					"arn", "arn:aws:iam::"+s.main.id+":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling", "createDate", nowText))),
			makesRole(3, miner, trusts("Service", "lambda.amazonaws.com")),
			givesRole(2, miner, "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"),
		)

		// More than fifty clusters, and one service of ten tasks in a few of them.
		s.pause(1)
		var clusters []string
		var makes []step
		for range 54 {
			name := s.r.Text(lowerHex, 12)
			clusters = append(clusters, name)
			makes = append(makes, do(0, "ecs:CreateCluster", obj("clusterName", name, "capacityProviders", []string{"FARGATE", "FARGATE_SPOT"}),
				obj("cluster", obj("clusterArn", s.main.arn("ecs", "cluster/"+name), "clusterName", name, "status", "ACTIVE"))))
		}
		makes[0] = makes[0].key()
		s.burst(k, resources, 75, makes...)
		for i, name := range clusters[:6] {
			family := "worker-" + s.r.Hex(6)
			arn := s.main.arn("ecs", "task-definition/"+family+":1")
			define := do(3, "ecs:RegisterTaskDefinition", obj("family", family, "networkMode", "awsvpc", "requiresCompatibilities", []string{"FARGATE"}, "cpu", "16384", "memory", "32768",
				"containerDefinitions", list(obj("name", "main", "image", "registry.example/helper/task:user", "cpu", 16384, "essential", true))),
				obj("taskDefinition", obj("taskDefinitionArn", arn, "family", family, "revision", 1, "status", "ACTIVE", "cpu", "16384", "memory", "32768")))
			serve := do(1, "ecs:CreateService", obj("cluster", name, "serviceName", family, "taskDefinition", family, "desiredCount", 10, "launchType", "FARGATE",
				"networkConfiguration", obj("awsvpcConfiguration", obj("subnets", s.main.subnets, "assignPublicIp", "ENABLED"))),
				obj("service", obj("serviceArn", s.main.arn("ecs", "service/"+name+"/"+family), "serviceName", family, "status", "ACTIVE", "desiredCount", 10, "runningCount", 0)))
			if i == 0 {
				define, serve = define.key(), serve.last()
			}
			s.plays(k, impact, define, serve)
		}

		// Machines: two templates, fourteen groups that may grow from 20 to 999.
		for i, kind := range []string{"g5.8xlarge", "c6a.8xlarge"} {
			name, id := "lt-"+s.r.Hex(8), "lt-0"+s.r.Hex(16)
			s.plays(k, resources, do(8, "ec2:CreateLaunchTemplate", obj("CreateLaunchTemplateRequest", obj("LaunchTemplateName", name, "ClientToken", s.r.UUID(),
				"LaunchTemplateData", obj("InstanceType", kind, "ImageId", s.main.images[1], "UserData", "<sensitiveDataRemoved>"))),
				obj("CreateLaunchTemplateResponse", obj("xmlns", "http://ec2.amazonaws.com/doc/2016-11-15/", "requestId", s.r.UUID(),
					"launchTemplate", obj("launchTemplateId", id, "launchTemplateName", name, "defaultVersionNumber", 1, "latestVersionNumber", 1, "createdBy", owner.arn())))))
			for j := range 7 {
				group := do(2, "autoscaling:CreateAutoScalingGroup", obj("autoScalingGroupName", "asg-"+s.r.Hex(8), "minSize", 20, "maxSize", 999, "desiredCapacity", 20,
					"launchTemplate", obj("launchTemplateId", id, "version", "$Latest"), "vPCZoneIdentifier", s.main.subnets[j%3]), "")
				if i+j == 0 {
					group = group.key()
				}
				s.plays(k, impact, group)
			}
		}
		var protects []step
		for range 8 {
			protects = append(protects, do(0, "ec2:ModifyInstanceAttribute", obj("instanceId", "i-0"+s.r.Hex(16), "disableApiTermination", obj("value", true)),
				obj("requestId", s.r.UUID(), "_return", true)))
		}
		protects[0] = protects[0].key()
		s.pause(2)
		s.burst(k, persistence, 12, protects...)

		// A way back in for anybody, and a user who sends mail.
		s.plays(k, persistence,
			s.makesFunction(20, "task-generate", miner, s.now).key(),
			do(3, "lambda:CreateFunctionUrlConfig", obj("functionName", "task-generate", "authType", "NONE"),
				obj("functionUrl", "https://"+s.r.Text(lowerHex, 32)+".lambda-url.us-east-1.on.aws/", "functionArn", s.main.function("task-generate"), "authType", "NONE", "creationTime", s.now.Format("2006-01-02T15:04:05.000Z"))).key(),
			do(2, "lambda:AddPermission20150331v2", obj("functionName", "task-generate", "statementId", "open", "action", "lambda:InvokeFunctionUrl", "principal", "*", "functionUrlAuthType", "NONE"),
				obj("statement", `{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl","Resource":"`+s.main.function("task-generate")+`"}`)),
		)
		mailer := s.user("relay-" + s.r.Hex(8))
		s.plays(k, persistence, makesUser(6, mailer).key(), givesUser(2, mailer, "arn:aws:iam::aws:policy/AmazonSESFullAccess"))
		s.mints(k, 2, persistence, mailer)
		m := signs(mailer, s.outside(agentBoto))
		s.plays(m, discovery, do(40, "ses:GetSendQuota"), do(2, "ses:GetAccount"))
	},
}

// launch is the parameters of RunInstances.
func (s *stage) launch(kind string, dry bool) rawJSON {
	return obj("instancesSet", items(obj("imageId", s.main.images[0], "minCount", 1, "maxCount", 1)), "instanceType", kind, "blockDeviceMapping", obj(),
		"monitoring", obj("enabled", false), "disableApiTermination", false, "subnetId", s.main.subnets[0], "clientToken", s.r.UUID(), "dryRun", dry)
}

// launched is its answer: one machine that starts.
func (s *stage) launched(kind, machine string) rawJSON {
	return obj("requestId", s.r.UUID(), "reservationId", "r-0"+s.r.Hex(16), "ownerId", s.main.id, "groupSet", obj(), "instancesSet", items(obj("instanceId", machine,
		"imageId", s.main.images[0], "instanceState", obj("code", 0, "name", "pending"), "amiLaunchIndex", 0, "instanceType", kind,
		"placement", obj("availabilityZone", s.main.home+"a", "tenancy", "default"), "subnetId", s.main.subnets[0], "vpcId", s.main.vpc)))
}

// containerReleases is the organisation's own use of containers: a pipeline
// that registers a new definition and updates the service.
func (s *stage) containerReleases() {
	family := "orders-web"
	arn := s.main.arn("ecs", "task-definition/"+family+":41")
	s.pipeline(s.g.deployRole, "orders-web", 11,
		do(0, "ecr:GetAuthorizationToken"),
		do(20, "ecs:RegisterTaskDefinition", obj("family", family, "networkMode", "awsvpc", "requiresCompatibilities", []string{"FARGATE"}, "cpu", "512", "memory", "1024",
			"taskRoleArn", "arn:aws:iam::"+s.main.id+":role/orders-web-task", "executionRoleArn", "arn:aws:iam::"+s.main.id+":role/orders-web-start",
			"containerDefinitions", list(obj("name", "web", "image", s.main.id+".dkr.ecr.us-east-1.amazonaws.com/orders-web:release", "cpu", 512, "essential", true))),
			obj("taskDefinition", obj("taskDefinitionArn", arn, "family", family, "revision", 41, "status", "ACTIVE"))),
		do(3, "ecs:UpdateService", obj("cluster", s.main.clusters[0], "service", family, "taskDefinition", family), obj("service", obj("serviceName", family, "status", "ACTIVE", "desiredCount", 2))),
		do(15, "ecs:DescribeServices"))
}
