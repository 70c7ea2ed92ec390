// Types of the group scheduling.k8s.io, as on the wire.
import type { V1PriorityClass } from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type PriorityClass = Wire<V1PriorityClass>
