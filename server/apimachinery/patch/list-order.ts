// The order of a merged list: the patch's order first, the order there was as far as that allows.
// Source: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch, normalizeElementOrder (v1.36)

/**
 * @param merged all elements, in any order
 * @param patchOrder elements in the order the patch wants
 * @param serverOrder elements in the order there was
 * @param keyOf what two elements have in common that are the same one
 */
export function mergeInOrder(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  keyOf: (element: unknown) => unknown,
): unknown[] {
  const patchRank = ranks(patchOrder, keyOf)
  const serverRank = ranks(serverOrder, keyOf)
  const ofPatch: unknown[] = []
  const ofServer: unknown[] = []
  for (const element of merged) (patchRank.has(keyOf(element)) ? ofPatch : ofServer).push(element)
  sortByRank(ofPatch, patchRank, keyOf)
  sortByRank(ofServer, serverRank, keyOf)
  return interleave(ofServer, ofPatch, serverRank, keyOf)
}

function ranks(order: readonly unknown[], keyOf: (element: unknown) => unknown): Map<unknown, number> {
  const result = new Map<unknown, number>()
  for (const [at, element] of order.entries()) {
    const key = keyOf(element)
    if (!result.has(key)) result.set(key, at)
  }
  return result
}

/**
 * Insertion sort, as Go's stable sort does it for short lists: elements without a rank count as smaller than whatever
 * they are compared with, so that the algorithm decides where they end up.
 */
function sortByRank(list: unknown[], rank: ReadonlyMap<unknown, number>, keyOf: (element: unknown) => unknown): void {
  const less = (a: unknown, b: unknown) => {
    const left = rank.get(keyOf(a))
    const right = rank.get(keyOf(b))
    return left === undefined || right === undefined || left < right
  }
  for (let end = 1; end < list.length; end++) {
    for (let at = end; at > 0 && less(list[at], list[at - 1]); at--) [list[at], list[at - 1]] = [list[at - 1], list[at]]
  }
}

/** Puts each of `left` before the first of what is left of `right` that it stood before. */
function interleave(
  left: readonly unknown[],
  right: readonly unknown[],
  rank: ReadonlyMap<unknown, number>,
  keyOf: (element: unknown) => unknown,
): unknown[] {
  const result: unknown[] = []
  let at = 0
  for (const element of right) {
    const place = rank.get(keyOf(element))
    while (at < left.length && place !== undefined) {
      const own = rank.get(keyOf(left[at]))
      if (own === undefined || own >= place) break
      result.push(left[at++])
    }
    result.push(element)
  }
  return [...result, ...left.slice(at)]
}
