// Literal durations, timestamps and regular expressions that cannot be read are errors before anything runs.
// Source: cel-go 0.26, cel/validator.go
import type { Node } from './ast.ts'
import { parseDurationNanoseconds, parseTimestampNanoseconds } from './time.ts'
import { compileRegex } from './regex.ts'
import { CompilationError } from './source.ts'
import type { CelError } from './source.ts'
import { childrenOf } from './walk.ts'

/** @throws CompilationError */
export function validateLiterals(source: string, root: Node): void {
  const errors: CelError[] = []
  const visit = (node: Node): void => {
    if (node.kind === 'call') errors.push(...problemOf(node))
    for (const child of childrenOf(node)) visit(child)
  }
  visit(root)
  if (errors.length > 0) throw new CompilationError(source, errors)
}

const checks: Readonly<Record<string, (text: string) => unknown>> = {
  duration: parseDurationNanoseconds,
  timestamp: parseTimestampNanoseconds,
  matches: compileRegex,
}

function problemOf({ name, target, args }: Extract<Node, { kind: 'call' }>): CelError[] {
  const read = checks[name]
  const argument = name === 'matches' && target === undefined ? args[1] : args[0]
  if (read === undefined || argument?.kind !== 'literal' || typeof argument.value !== 'string') return []
  return read(argument.value) === undefined ? [{ offset: argument.offset, message: `invalid ${name} argument` }] : []
}
