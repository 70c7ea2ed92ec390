// Expressions as a real server compiled and ran them (testdata is recorded).
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { compileForAdmission } from './admission.ts'
import { toText } from './arithmetic.ts'
import { compileForDevice } from './device.ts'
import { evaluate } from './evaluate.ts'
import { CompilationError, typeName, type Compiled } from './index.ts'
import { EvaluationError, fromJson } from './values.ts'

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`testdata/${name}.json`, import.meta.url), 'utf8')) as T
}

type Row = readonly [expression: string, problem: string]

/** What the real server said of an expression; empty for one it took. */
const compiled = read<{ webhook: Row[]; device: Row[] }>('compiled')
/** What came out of an expression as a text, and what went wrong in others. */
const evaluated = read<{ values: Record<string, string>; errors: Record<string, string> }>('evaluated')

function problemOf(
  compile: () => Compiled,
  describeWrongType: (name: string) => string,
  isFine: (name: string) => boolean,
) {
  try {
    const name = typeName(compile().type)
    return isFine(name) ? '' : describeWrongType(name)
  } catch (error) {
    if (error instanceof CompilationError) return error.message
    throw error
  }
}

describe('compileForAdmission', () => {
  for (const [expression, problem] of compiled.webhook) {
    it(JSON.stringify(expression), () => {
      const found = problemOf(
        () => compileForAdmission(expression, { hasAuthorizer: true }),
        (name) => `must evaluate to bool but got ${name}`,
        (name) => name === 'bool',
      )
      expect(found).to.equal(problem)
    })
  }
})

describe('compileForDevice', () => {
  for (const [expression, problem] of compiled.device) {
    it(JSON.stringify(expression), () => {
      const found = problemOf(
        () => compileForDevice(expression),
        (name) => `must evaluate to bool or the unknown type, not ${name}`,
        (name) => name === 'bool' || name === 'google.protobuf.Any',
      )
      expect(found).to.equal(problem)
    })
  }
})

const deployment = {
  metadata: { name: 'web', labels: { app: 'web', tier: 'x' } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'a', image: 'nginx:1' },
          { name: 'b', image: 'redis', ports: [{ containerPort: 80 }] },
        ],
      },
    },
  },
}
const bindings = new Map([
  ['object', fromJson(deployment)],
  ['oldObject', null],
])

describe('evaluate', () => {
  for (const [expression, text] of Object.entries(evaluated.values)) {
    it(`${expression} is ${text}`, () => {
      const { node } = compileForAdmission(expression, {})
      expect(toText(evaluate(node, bindings))).to.equal(text)
    })
  }
  for (const [expression, problem] of Object.entries(evaluated.errors)) {
    it(`${expression} fails`, () => {
      const { node } = compileForAdmission(expression, {})
      expect(() => evaluate(node, bindings)).to.throw(EvaluationError, problem)
    })
  }
})
