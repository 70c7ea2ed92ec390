// Expressions in objects: what is wrong with them, in the words of error causes. The compiler is loaded with the first one.
// Source: apiserver/pkg/admission/plugin/cel, compile.go (mustBuildEnvs, CompileCELExpression);
// dynamic-resource-allocation/cel, CompileCELExpression (v1.36)
import type * as Admission from '../../apimachinery/cel/admission.ts'
import type * as Device from '../../apimachinery/cel/device.ts'
import type { Compiled } from '../../apimachinery/cel/index.ts'
import type * as Types from '../../apimachinery/cel/types.ts'
import { lazyModules } from '../../apimachinery/lazy-module.ts'

export type Scope = Admission.AdmissionScope

const load = lazyModules(import.meta.url)

/** What an expression gives, or what is wrong with it. */
export type Verdict = { readonly compiled: Compiled } | { readonly problem: string }

function verdict(compile: () => Compiled): Verdict {
  try {
    return { compiled: compile() }
  } catch (error) {
    if (error instanceof Error && error.name === 'CompilationError')
      return { problem: `compilation failed: ${error.message}` }
    throw error
  }
}

export function compileAdmissionExpression(expression: string, scope: Scope): Verdict {
  return verdict(() =>
    load<typeof Admission>('../../apimachinery/cel/admission').compileForAdmission(expression, scope),
  )
}

/** What may come out of an expression: names of types, and how the text calls them together. */
export interface Wanted {
  readonly types: readonly string[]
  readonly text: string
}

export const wantsBool: Wanted = { types: ['bool'], text: 'bool' }
export const wantsString: Wanted = { types: ['string'], text: 'string' }

/** Undefined if the expression compiles and gives what is wanted. */
export function problemOfExpression(expression: string, scope: Scope, wanted: Wanted): string | undefined {
  const found = compileAdmissionExpression(expression, scope)
  if ('problem' in found) return found.problem
  const name = load<typeof Types>('../../apimachinery/cel/types').typeName(found.compiled.type)
  return wanted.types.includes(name) ? undefined : `must evaluate to ${wanted.text} but got ${name}`
}

/** Undefined for an expression that selects devices. */
export function compileDeviceSelector(expression: string): string | undefined {
  const found = verdict(() => load<typeof Device>('../../apimachinery/cel/device').compileForDevice(expression))
  if ('problem' in found) return found.problem
  const { kind, name } = found.compiled.type
  if (name === 'bool' || kind === 'any') return undefined
  return `must evaluate to bool or the unknown type, not ${load<typeof Types>('../../apimachinery/cel/types').typeName(found.compiled.type)}`
}
