// Fields of the structs in which upstream's API server holds resource claims and devices, as structs.ts has those of core.
// Source: pkg/apis/resource, types.go (v1.36)

export const resourceStructs: Readonly<Record<string, string>> = {
  AllocationResult: 'Devices=DeviceAllocationResult NodeSelector=*NodeSelector AllocationTimestamp=*time',
  CELDeviceSelector: 'Expression',
  CapacityRequirements: 'Requests=map',
  DeviceAllocationConfiguration: 'Source Requests=[]string ...DeviceConfiguration',
  DeviceAllocationResult: 'Results=[]DeviceRequestAllocationResult Config=[]DeviceAllocationConfiguration',
  DeviceAttribute: `
    IntValue:int=*int BoolValue:bool=*bool StringValue:string=*string VersionValue:version=*string
    IntValues:ints=[]int BoolValues:bools=[]bool StringValues:strings=[]string VersionValues:versions=[]string`,
  DeviceClaim: 'Requests=[]DeviceRequest Constraints=[]DeviceConstraint Config=[]DeviceClaimConfiguration',
  DeviceClaimConfiguration: 'Requests=[]string ...DeviceConfiguration',
  DeviceConfiguration: 'Opaque=*OpaqueDeviceConfiguration',
  DeviceConstraint: 'Requests=[]string MatchAttribute=*string DistinctAttribute=*string',
  DeviceRequest: 'Name Exactly=*ExactDeviceRequest FirstAvailable=[]DeviceSubRequest',
  DeviceRequestAllocationResult: `
    Request Driver Pool Device AdminAccess=*bool Tolerations=[]DeviceToleration BindingConditions=[]string
    BindingFailureConditions=[]string ShareID=*string ConsumedCapacity=map`,
  DeviceSelector: 'CEL:cel=*CELDeviceSelector',
  DeviceSubRequest: `
    Name DeviceClassName Selectors=[]DeviceSelector AllocationMode Count=int Tolerations=[]DeviceToleration
    Capacity=*CapacityRequirements`,
  DeviceToleration: 'Key Operator Value Effect TolerationSeconds=*int',
  ExactDeviceRequest: `
    DeviceClassName Selectors=[]DeviceSelector AllocationMode Count=int AdminAccess=*bool
    Tolerations=[]DeviceToleration Capacity=*CapacityRequirements`,
  OpaqueDeviceConfiguration: 'Driver Parameters=raw',
  ResourceClaimSpec: 'Devices=DeviceClaim',
  ResourceClaimTemplateSpec: '...ObjectMeta Spec=ResourceClaimSpec',
}
