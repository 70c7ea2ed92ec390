// The class that claims and ingresses get which name none: the newest of those annotated as default.
import type { AnyObject, Frozen } from '../apimachinery/types.ts'

/** @param annotations any of them with the value `true` makes a class a default one */
export function newestDefault(
  classes: readonly Frozen<AnyObject>[],
  annotations: readonly string[],
): string | undefined {
  const defaults = classes.filter(({ metadata }) =>
    annotations.some((name) => metadata?.annotations?.[name] === 'true'),
  )
  const created = (one: Frozen<AnyObject>) => one.metadata?.creationTimestamp ?? ''
  const name = (one: Frozen<AnyObject>) => one.metadata?.name ?? ''
  return defaults
    .sort((a, b) => (created(a) === created(b) ? (name(a) < name(b) ? -1 : 1) : created(a) > created(b) ? -1 : 1))
    .map(name)[0]
}
