// Fields of the structs in which upstream's API server holds flow control, as structs.ts has those of core.
// Source: pkg/apis/flowcontrol, types.go (v1.36)

export const flowControlStructs: Readonly<Record<string, string>> = {
  ExemptPriorityLevelConfiguration: 'NominalConcurrencyShares=*int LendablePercent=*int',
  FlowDistinguisherMethod: 'Type',
  FlowSchemaSpec: `
    PriorityLevelConfiguration=PriorityLevelConfigurationReference MatchingPrecedence=int
    DistinguisherMethod=*FlowDistinguisherMethod Rules=[]PolicyRulesWithSubjects`,
  GroupSubject: 'Name',
  LimitResponse: 'Type Queuing=*QueuingConfiguration',
  LimitedPriorityLevelConfiguration: `
    NominalConcurrencyShares=int LimitResponse=LimitResponse LendablePercent=*int BorrowingLimitPercent=*int`,
  NonResourcePolicyRule: 'Verbs=[]string NonResourceURLs=[]string',
  PolicyRulesWithSubjects: `
    Subjects=[]FlowSchemaSubject ResourceRules=[]ResourcePolicyRule NonResourceRules=[]NonResourcePolicyRule`,
  PriorityLevelConfigurationReference: 'Name',
  PriorityLevelConfigurationSpec: `
    Type Limited=*LimitedPriorityLevelConfiguration Exempt=*ExemptPriorityLevelConfiguration`,
  QueuingConfiguration: 'Queues=int HandSize=int QueueLengthLimit=int',
  ResourcePolicyRule: `
    Verbs=[]string APIGroups:apiGroups=[]string Resources=[]string ClusterScope=bool Namespaces=[]string`,
  ServiceAccountSubject: 'Namespace Name',
  FlowSchemaSubject: 'Kind User=*UserSubject Group=*GroupSubject ServiceAccount=*ServiceAccountSubject',
  UserSubject: 'Name',
}
