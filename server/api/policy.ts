// Types of the group policy, as on the wire.
import type {
  V1Eviction,
  V1PodDisruptionBudget,
  V1PodDisruptionBudgetSpec,
  V1PodDisruptionBudgetStatus,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type Eviction = Wire<V1Eviction>
export type PodDisruptionBudget = Wire<V1PodDisruptionBudget>
export type PodDisruptionBudgetSpec = Wire<V1PodDisruptionBudgetSpec>
export type PodDisruptionBudgetStatus = Wire<V1PodDisruptionBudgetStatus>
