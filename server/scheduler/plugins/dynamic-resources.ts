// Dynamic resource allocation, as far as every pod meets it: what it says about pods that no node takes.
// Left out on purpose: claims are not allocated; pods that name some are placed as if they did not.
import type { PostFilterPlugin } from '../framework.ts'

export const dynamicResources: PostFilterPlugin = {
  name: 'DynamicResources',
  // It did not get to look at pods that another plugin had given up before it: that ends the attempt, in these words.
  attempt: (_pod, _cluster, { rejection }) =>
    rejection?.resolvable === false
      ? { message: 'not found', isFinal: true }
      : { message: 'no new claims to deallocate' },
}
