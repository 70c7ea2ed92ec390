// Spreads pods that belong together over topology domains: constraints that are wishes, the pod's own or the defaults.
// Source: pkg/scheduler/framework/plugins/podtopologyspread, scoring (v1.36)
import { MAX_NODE_SCORE, type NodeInfo, type ScoreList, type ScorePlugin } from '../framework.ts'
import { Dimension } from '../node-tally.ts'
import { HOSTNAME, hasAllKeys, spreadRulesOf, spreadTally, type SpreadDefaults } from '../spread-constraints.ts'

const noDomains = new Dimension(0)

export function podTopologySpreadScore(weight: number, defaults: SpreadDefaults): ScorePlugin {
  return {
    name: 'PodTopologySpread',
    weight,
    prepare({ pod }, cluster, feasible) {
      const rules = spreadRulesOf(pod, 'ScheduleAnyway', defaults, cluster)
      const { constraints, needsAllKeys } = rules
      if (constraints.length === 0) return undefined
      const sums = spreadTally(pod, rules, 'of all nodes', cluster).refresh(cluster)
      const dimensions = constraints.map((_, at) => sums.get(String(at)) ?? noDomains)
      /** The domains of nodes that have no value. */
      const nowhere = dimensions.map((dimension) => dimension.domain(''))
      const ignored = new Set(needsAllKeys ? feasible.filter(({ node }) => !hasAllKeys(node, constraints)) : [])
      const considered = ignored.size === 0 ? feasible : feasible.filter((info) => !ignored.has(info))
      const weights = constraints.map(({ topologyKey }, at) => {
        const size = topologyKey === HOSTNAME ? considered.length : dimensions[at]!.countDomains(considered)
        return Math.log(size + 2)
      })
      return {
        score(info) {
          if (ignored.size > 0 && ignored.has(info)) return 0
          let score = 0
          for (let at = 0; at < constraints.length; at++) {
            const { topologyKey, maxSkew } = constraints[at]!
            const { domainOf, amountOf, sums: inDomain } = dimensions[at]!
            const domain = domainOf[info.index]!
            if (domain < 0 || domain === nowhere[at]) continue
            score +=
              (topologyKey === HOSTNAME ? amountOf[info.index]! : inDomain[domain]!) * weights[at]! + (maxSkew - 1)
          }
          return Math.round(score)
        },
        normalize: (scores) => normalize(scores, feasible, ignored),
      }
    },
  }
}

function normalize(scores: ScoreList, feasible: readonly NodeInfo[], ignored: ReadonlySet<NodeInfo>): void {
  let highest = 0
  let lowest = Infinity
  for (let at = 0; at < scores.length; at++) {
    if (ignored.size > 0 && ignored.has(feasible[at]!)) continue
    const score = scores[at]!
    if (score > highest) highest = score
    if (score < lowest) lowest = score
  }
  for (let at = 0; at < scores.length; at++) {
    if (ignored.size > 0 && ignored.has(feasible[at]!)) scores[at] = 0
    else if (highest === 0) scores[at] = MAX_NODE_SCORE
    else scores[at] = Math.trunc((MAX_NODE_SCORE * (highest + lowest - scores[at]!)) / highest)
  }
}
