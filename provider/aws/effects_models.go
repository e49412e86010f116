package aws

import (
	"cmp"

	"github.com/sekisho/sekisho"
)

// modelEffects are the calls that run models or ask for access to them. The
// four steps of asking, in the order in which the console takes them: a use
// case, an offer's agreement, an entitlement; marketplace agreements stand
// beside them. Their parameters follow the API reference, not a recording.
var modelEffects = map[call]effectFunc{
	{"bedrock", "InvokeModel"}:                        invokeModel,
	{"bedrock", "InvokeModelWithResponseStream"}:      invokeModel,
	{"bedrock", "InvokeModelWithBidirectionalStream"}: invokeModel,
	{"bedrock", "Converse"}:                           invokeModel,
	{"bedrock", "ConverseStream"}:                     invokeModel,
	{"bedrock", "StartAsyncInvoke"}:                   invokeModel,
	{"bedrock", "CreateModelInvocationJob"}:           invokeModel,
	{"bedrock", "InvokeAgent"}:                        invokeModel,
	{"bedrock", "InvokeInlineAgent"}:                  invokeModel,
	{"bedrock", "RetrieveAndGenerate"}:                invokeModel,
	{"sagemaker", "InvokeEndpoint"}:                   invokeModel,

	{"bedrock", "PutUseCaseForModelAccess"}:               openModel("use-case"),
	{"bedrock", "CreateFoundationModelAgreement"}:         openModel("agreement", "modelId"),
	{"bedrock", "PutFoundationModelEntitlement"}:          openModel("entitlement", "modelId"),
	{"aws-marketplace", "AcceptAgreementRequest"}:         openModel("agreement", "agreementRequestId"),
	{"aws-marketplace", "CreateAgreementRequest"}:         openModel("agreement", "agreementProposalId"),
	{"aws-marketplace", "AcceptAgreementApprovalRequest"}: openModel("agreement", "agreementApprovalRequestId"),
	{"aws-marketplace", "Subscribe"}:                      openModel("agreement", "productId"),
}

// invokeModel runs a model; Resource is its id without the ARN around it, so
// that both spellings of a model are one. The region that answered a call
// which was handed on is filled in by the expander: it stands outside the
// parameters.
func invokeModel(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
	id := firstStr(e.Params, "modelId", "endpointName", "foundationModel", "agentId", "retrieveAndGenerateConfiguration.knowledgeBaseConfiguration.modelArn")
	return append(dst, sekisho.Effect{Kind: sekisho.InvokeModel, Resource: lastPart(cmp.Or(id, e.Action))})
}

func openModel(what string, keys ...string) effectFunc {
	return func(e *sekisho.Event, dst []sekisho.Effect) []sekisho.Effect {
		return append(dst, sekisho.Effect{Kind: sekisho.OpenModel, What: what, Resource: lastPart(firstStr(e.Params, keys...))})
	}
}
