// Types of the group node.k8s.io, as on the wire.
import type { V1Overhead, V1RuntimeClass, V1Scheduling } from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type Overhead = Wire<V1Overhead>
export type RuntimeClass = Wire<V1RuntimeClass>
export type Scheduling = Wire<V1Scheduling>
