// Types of the group apiregistration.k8s.io, as on the wire.
import type {
  ApiregistrationV1ServiceReference,
  V1APIService,
  V1APIServiceCondition,
  V1APIServiceSpec,
  V1APIServiceStatus,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type APIService = Wire<V1APIService>
export type APIServiceCondition = Wire<V1APIServiceCondition>
export type APIServiceSpec = Wire<V1APIServiceSpec>
export type APIServiceStatus = Wire<V1APIServiceStatus>
export type ServiceReference = Wire<ApiregistrationV1ServiceReference>
