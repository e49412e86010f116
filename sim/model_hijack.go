package sim

// modelHijack follows what Sysdig (2024), Permiso, Lacework and Wiz published of
// stolen keys that sell access to models. The chain and the probe that is made
// to fail are the write-ups'; models, Regions, numbers and pace are ours.
var modelHijack = Scenario{
	Name: "model-hijack", Seed: 24, Start: "2025-08-19T11:05:33Z", History: 3,
	Title: "an application's key asks for models, agrees to their terms, and sells answers across four Regions",
	After: "Sysdig, Permiso, Lacework, Wiz (2024–2025)",
	play: func(s *stage) {
		owner := s.user("svc-summaries")
		s.daily(signs(owner, origin{ip: "192.0.2.64", agent: agentBoto}), 9, true, func(int) []step {
			return many(8, nil, func(i int) step {
				return s.asks(30*(i%2)+4, "InvokeModel", "anthropic.claude-3-haiku-20240307-v1:0", "us-east-1")
			})
		})
		s.modelWorkshop()

		k := signs(owner, s.outside(agentBoto))
		asked := "anthropic.claude-sonnet-4-20250514-v1:0"
		s.plays(k, discovery,
			do(0, "sts:GetCallerIdentity"),
			do(3, "bedrock:ListFoundationModels").in("us-east-1").key(),
			do(1, "bedrock:ListFoundationModels").in("us-west-2"),
			do(1, "bedrock:ListFoundationModels").in("eu-central-1"),
			do(1, "bedrock:ListFoundationModels").in("ap-northeast-1"),
			// A request that cannot succeed tells whether one that could would.
			s.asks(4, "InvokeModel", asked, "us-west-2").failing("ValidationException", "max_tokens_to_sample: range: 1..1,000,000"),
			s.asks(1, "InvokeModel", asked, "eu-central-1").failing("AccessDeniedException", "You don't have access to the model with the specified model ID."),
			do(3, "bedrock:GetModelInvocationLoggingConfiguration", "").key(),
			do(2, "bedrock:GetFoundationModelAvailability", obj("modelId", asked)),
			do(2, "bedrock:GetUseCaseForModelAccess", "").failing("ResourceNotFoundException", "You have not filled out the request form"))
		s.pause(2)
		agrees := []step{
			do(0, "bedrock:PutUseCaseForModelAccess", obj("formData", "HIDDEN_DUE_TO_SECURITY_REASONS"), "").key(),
			do(3, "bedrock:ListFoundationModelAgreementOffers", obj("modelId", asked)),
			do(2, "bedrock:CreateFoundationModelAgreement", obj("modelId", asked, "offerToken", s.r.Text(tokenLetter[:62], 40)), obj("modelId", asked)).key(),
			do(2, "bedrock:PutFoundationModelEntitlement", obj("modelId", asked), obj("status", "SUCCESS")).last(),
			do(15, "bedrock:GetFoundationModelAvailability", obj("modelId", asked)),
		}
		s.plays(k, resources, agrees...)

		// Whoever bought it uses it, from wherever he is.
		s.pause(11)
		for round := range 6 {
			buyer := signs(owner, s.outside(s.r.Pick(agentBoto, agentJava, agentCLILinux)))
			name := []string{"InvokeModelWithResponseStream", "InvokeModel", "ConverseStream"}[round%3]
			s.burst(buyer, impact, s.r.Between(240, 420), many(24, func(st step) step {
				if round == 0 {
					return st.key()
				}
				return st
			}, func(int) step {
				return s.asks(0, name, s.r.Pick("us.anthropic.claude-sonnet-4-20250514-v1:0", "us.anthropic.claude-3-7-sonnet-20250219-v1:0", asked),
					[]string{"us-west-2", "us-east-1", "eu-central-1", "ap-northeast-1"}[round%4])
			})...)
			s.pause(3)
		}

		// A user of its own, in case the key is missed.
		u := s.user("bedrock-api-" + s.r.Text(digits, 4))
		policy := "arn:aws:iam::" + s.main.id + ":policy/assistant-access"
		s.plays(k, persistence,
			makesUser(20, u).key(),
			do(2, "iam:CreatePolicy", obj("policyName", "assistant-access", "path", "/", "policyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}]}`),
				obj("policy", obj("policyName", "assistant-access", "policyId", "ANPA"+s.r.Text(idLetters, 17), "arn", policy, "path", "/", "defaultVersionId", "v1", "isAttachable", true, "createDate", nowText))),
			givesUser(2, u, policy),
			setsPassword(3, "CreateLoginProfile", u))
		s.mints(k, 2, persistence, u)
		s.plays(signs(u, s.outside(agentBoto)), discovery, do(90, "sts:GetCallerIdentity"), do(2, "bedrock:ListFoundationModels").in("us-west-2"))
	},
}

// asks runs a model in a Region.
func (s *stage) asks(wait int, how, model, region string) step {
	c := invokeModel(s.r, region, model, region)
	return do(wait, "bedrock:"+how, c.params).in(region).with(c.extra).touches(c.resources)
}

// modelWorkshop is a colleague who tries models by hand, and one day asks for a
// new one, as it should be done.
func (s *stage) modelWorkshop() {
	lab := signs(s.user("freya.lab"), origin{ip: officeAddress, agent: agentBotoMac})
	s.daily(lab, 14, true, func(day int) []step {
		steps := []step{do(0, "bedrock:ListFoundationModels"), s.asks(25, "Converse", "amazon.nova-pro-v1:0", "us-east-1"), s.asks(60, "Converse", "amazon.nova-pro-v1:0", "us-east-1")}
		if day == 1 {
			steps = append(steps, do(200, "bedrock:ListFoundationModelAgreementOffers", obj("modelId", "mistral.mistral-large-2407-v1:0")),
				do(40, "bedrock:CreateFoundationModelAgreement", obj("modelId", "mistral.mistral-large-2407-v1:0", "offerToken", s.r.Text(tokenLetter[:62], 40)), obj("modelId", "mistral.mistral-large-2407-v1:0")),
				s.asks(300, "Converse", "mistral.mistral-large-2407-v1:0", "us-east-1"))
		}
		return steps
	})
}
