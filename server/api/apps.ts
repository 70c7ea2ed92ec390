// Types of the group apps, as on the wire.
import type {
  V1ControllerRevision,
  V1DaemonSet,
  V1DaemonSetCondition,
  V1DaemonSetSpec,
  V1DaemonSetStatus,
  V1DaemonSetUpdateStrategy,
  V1Deployment,
  V1DeploymentCondition,
  V1DeploymentSpec,
  V1DeploymentStatus,
  V1DeploymentStrategy,
  V1ReplicaSet,
  V1ReplicaSetCondition,
  V1ReplicaSetSpec,
  V1ReplicaSetStatus,
  V1RollingUpdateDaemonSet,
  V1RollingUpdateDeployment,
  V1RollingUpdateStatefulSetStrategy,
  V1StatefulSet,
  V1StatefulSetCondition,
  V1StatefulSetOrdinals,
  V1StatefulSetPersistentVolumeClaimRetentionPolicy,
  V1StatefulSetSpec,
  V1StatefulSetStatus,
  V1StatefulSetUpdateStrategy,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type ControllerRevision = Wire<V1ControllerRevision>
export type DaemonSet = Wire<V1DaemonSet>
export type DaemonSetCondition = Wire<V1DaemonSetCondition>
export type DaemonSetSpec = Wire<V1DaemonSetSpec>
export type DaemonSetStatus = Wire<V1DaemonSetStatus>
export type DaemonSetUpdateStrategy = Wire<V1DaemonSetUpdateStrategy>
export type Deployment = Wire<V1Deployment>
export type DeploymentCondition = Wire<V1DeploymentCondition>
export type DeploymentSpec = Wire<V1DeploymentSpec>
export type DeploymentStatus = Wire<V1DeploymentStatus>
export type DeploymentStrategy = Wire<V1DeploymentStrategy>
export type ReplicaSet = Wire<V1ReplicaSet>
export type ReplicaSetCondition = Wire<V1ReplicaSetCondition>
export type ReplicaSetSpec = Wire<V1ReplicaSetSpec>
export type ReplicaSetStatus = Wire<V1ReplicaSetStatus>
export type RollingUpdateDaemonSet = Wire<V1RollingUpdateDaemonSet>
export type RollingUpdateDeployment = Wire<V1RollingUpdateDeployment>
export type RollingUpdateStatefulSetStrategy = Wire<V1RollingUpdateStatefulSetStrategy>
export type StatefulSet = Wire<V1StatefulSet>
export type StatefulSetCondition = Wire<V1StatefulSetCondition>
export type StatefulSetOrdinals = Wire<V1StatefulSetOrdinals>
export type StatefulSetPersistentVolumeClaimRetentionPolicy = Wire<V1StatefulSetPersistentVolumeClaimRetentionPolicy>
export type StatefulSetSpec = Wire<V1StatefulSetSpec>
export type StatefulSetStatus = Wire<V1StatefulSetStatus>
export type StatefulSetUpdateStrategy = Wire<V1StatefulSetUpdateStrategy>
