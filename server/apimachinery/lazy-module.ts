// Modules that are loaded when they are first needed, where nobody can wait for an import.
import { createRequire } from 'node:module'

/**
 * Loads modules by their path from the one that asks, without extension: a source tree and a built one have different ones.
 * @param from `import.meta.url` of the module that asks
 */
export function lazyModules(from: string): <Module>(path: string) => Module {
  const require = createRequire(from)
  const extension = from.slice(from.lastIndexOf('.'))
  return <Module>(path: string) => require(`${path}${extension}`) as Module
}
