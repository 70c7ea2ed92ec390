// The environment in which devices are selected.
// Source: dynamic-resource-allocation/cel, compile.go (v1.36)
import { Environment, type Compiled } from './index.ts'

let environment: Environment | undefined

/** @throws CompilationError */
export function compileForDevice(expression: string): Compiled {
  environment ??= new Environment({
    variables: { device: 'kubernetes.DRADevice' },
    structs: {
      'kubernetes.DRADevice': {
        driver: 'string',
        attributes: 'map(string, map(string, any))',
        capacity: 'map(string, map(string, Quantity))',
        allowMultipleAllocations: 'bool',
      },
    },
    macros: { bindings: true },
  })
  return environment.compile(expression)
}
