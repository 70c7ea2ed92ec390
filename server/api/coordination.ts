// Types of the group coordination.k8s.io, as on the wire.
import type { V1Lease, V1LeaseSpec } from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type Lease = Wire<V1Lease>
export type LeaseSpec = Wire<V1LeaseSpec>
