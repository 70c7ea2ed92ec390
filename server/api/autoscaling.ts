// Types of the group autoscaling, as on the wire: version 2 under plain names, the kinds of version 1 with V1 at the end.
import type {
  V1HorizontalPodAutoscaler,
  V1HorizontalPodAutoscalerSpec,
  V1HorizontalPodAutoscalerStatus,
  V1Scale,
  V1ScaleSpec,
  V1ScaleStatus,
  V2ContainerResourceMetricSource,
  V2ContainerResourceMetricStatus,
  V2CrossVersionObjectReference,
  V2ExternalMetricSource,
  V2ExternalMetricStatus,
  V2HPAScalingPolicy,
  V2HPAScalingRules,
  V2HorizontalPodAutoscaler,
  V2HorizontalPodAutoscalerBehavior,
  V2HorizontalPodAutoscalerCondition,
  V2HorizontalPodAutoscalerSpec,
  V2HorizontalPodAutoscalerStatus,
  V2MetricIdentifier,
  V2MetricSpec,
  V2MetricStatus,
  V2MetricTarget,
  V2MetricValueStatus,
  V2ObjectMetricSource,
  V2ObjectMetricStatus,
  V2PodsMetricSource,
  V2PodsMetricStatus,
  V2ResourceMetricSource,
  V2ResourceMetricStatus,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type ContainerResourceMetricSource = Wire<V2ContainerResourceMetricSource>
export type ContainerResourceMetricStatus = Wire<V2ContainerResourceMetricStatus>
export type CrossVersionObjectReference = Wire<V2CrossVersionObjectReference>
export type ExternalMetricSource = Wire<V2ExternalMetricSource>
export type ExternalMetricStatus = Wire<V2ExternalMetricStatus>
export type HPAScalingPolicy = Wire<V2HPAScalingPolicy>
export type HPAScalingRules = Wire<V2HPAScalingRules>
export type HorizontalPodAutoscaler = Wire<V2HorizontalPodAutoscaler>
export type HorizontalPodAutoscalerBehavior = Wire<V2HorizontalPodAutoscalerBehavior>
export type HorizontalPodAutoscalerCondition = Wire<V2HorizontalPodAutoscalerCondition>
export type HorizontalPodAutoscalerSpec = Wire<V2HorizontalPodAutoscalerSpec>
export type HorizontalPodAutoscalerStatus = Wire<V2HorizontalPodAutoscalerStatus>
export type MetricIdentifier = Wire<V2MetricIdentifier>
export type MetricSpec = Wire<V2MetricSpec>
export type MetricStatus = Wire<V2MetricStatus>
export type MetricTarget = Wire<V2MetricTarget>
export type MetricValueStatus = Wire<V2MetricValueStatus>
export type ObjectMetricSource = Wire<V2ObjectMetricSource>
export type ObjectMetricStatus = Wire<V2ObjectMetricStatus>
export type PodsMetricSource = Wire<V2PodsMetricSource>
export type PodsMetricStatus = Wire<V2PodsMetricStatus>
export type ResourceMetricSource = Wire<V2ResourceMetricSource>
export type ResourceMetricStatus = Wire<V2ResourceMetricStatus>
export type HorizontalPodAutoscalerV1 = Wire<V1HorizontalPodAutoscaler>
export type HorizontalPodAutoscalerSpecV1 = Wire<V1HorizontalPodAutoscalerSpec>
export type HorizontalPodAutoscalerStatusV1 = Wire<V1HorizontalPodAutoscalerStatus>
export type Scale = Wire<V1Scale>
export type ScaleSpec = Wire<V1ScaleSpec>
export type ScaleStatus = Wire<V1ScaleStatus>
