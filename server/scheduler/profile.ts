// The default profile: which plugins there are, in the order in which they are asked.
// Source: pkg/scheduler/apis/config/v1, getDefaultPlugins (v1.36)
import type { Profile } from './framework.ts'
import { balancedAllocation } from './plugins/balanced-allocation.ts'
import { defaultPreemption } from './plugins/default-preemption.ts'
import { dynamicResources } from './plugins/dynamic-resources.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { interPodAffinity } from './plugins/inter-pod-affinity.ts'
import { interPodAffinityScore } from './plugins/inter-pod-affinity-score.ts'
import { nodeAffinity, nodeAffinityScore } from './plugins/node-affinity.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import { nodeResourcesFit } from './plugins/node-resources-fit.ts'
import { leastAllocated, nodeResourcesScore } from './plugins/node-resources-score.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { nodeVolumeLimits } from './plugins/node-volume-limits.ts'
import { podTopologySpread } from './plugins/pod-topology-spread.ts'
import { podTopologySpreadScore } from './plugins/pod-topology-spread-score.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { taintToleration, taintTolerationScore } from './plugins/taint-toleration.ts'
import { volumeBinding } from './plugins/volume-binding.ts'
import { volumeRestrictions } from './plugins/volume-restrictions.ts'
import { volumeZone } from './plugins/volume-zone.ts'
import { systemDefaults } from './spread-constraints.ts'

export const defaultProfile: Profile = {
  schedulerName: 'default-scheduler',
  preEnqueue: [schedulingGates],
  filters: [
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeAffinity,
    nodePorts,
    nodeResourcesFit,
    volumeRestrictions,
    nodeVolumeLimits,
    volumeBinding,
    volumeZone,
    podTopologySpread(systemDefaults),
    interPodAffinity,
  ],
  postFilters: [dynamicResources, defaultPreemption],
  scores: [
    taintTolerationScore,
    nodeAffinityScore,
    nodeResourcesScore(leastAllocated),
    podTopologySpreadScore(2, systemDefaults),
    interPodAffinityScore(2, { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false }),
    balancedAllocation,
    imageLocality,
  ],
}
