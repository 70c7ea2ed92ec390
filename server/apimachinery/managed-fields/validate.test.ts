// What no configuration to apply may contain.
import { expect } from 'chai'
import { shapeOf, type MapShape } from './shape.ts'
import { configMapType, podType } from './testing.ts'
import { problemsOf } from './validate.ts'
import type { ManagedType } from './versions.ts'

const problems = ({ schema }: ManagedType, object: object): string | undefined =>
  problemsOf(shapeOf(schema) as MapShape, object)

const cases: { name: string; type: ManagedType; object: object; problem: string | undefined }[] = [
  {
    name: 'nothing wrong',
    type: configMapType,
    object: { metadata: { name: 'a', labels: null }, data: null },
    problem: undefined,
  },
  {
    name: 'an unknown field',
    type: configMapType,
    object: { bogus: 1 },
    problem: '.bogus: field not declared in schema',
  },
  {
    name: 'an unknown field below',
    type: configMapType,
    object: { metadata: { nope: 1 } },
    problem: '.metadata.nope: field not declared in schema',
  },
  {
    name: 'a number for a string',
    type: configMapType,
    object: { data: { k: 5 } },
    problem: '.data.k: expected string, got &value.valueUnstructured{Value:5}',
  },
  {
    name: 'a map for a string',
    type: configMapType,
    object: { data: { k: { b: 'x', a: [1, true] } } },
    problem:
      '.data.k: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"a":[]interface {}{1, true}, "b":"x"}}',
  },
  {
    name: 'a string for a number',
    type: podType,
    object: { spec: { priority: 'x' } },
    problem: '.spec.priority: expected numeric (int or float), got string',
  },
  {
    name: 'a string for a boolean',
    type: podType,
    object: { spec: { hostNetwork: 'yes' } },
    problem: '.spec.hostNetwork: expected boolean, got &{yes}',
  },
  { name: 'a string for a map', type: configMapType, object: { data: 'x' }, problem: '.data: expected map, got &{x}' },
  {
    name: 'a map for a list',
    type: podType,
    object: { spec: { containers: { a: 1 } } },
    problem: '.spec.containers: expected list, got &{map[a:1]}',
  },
  {
    name: 'a list for any scalar',
    type: podType,
    object: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: ['1'] } } }] } },
    problem: '.spec.containers[name="c"].resources.limits.cpu: expected any scalar, got &{[1]}',
  },
  {
    name: 'a number for a quantity',
    type: podType,
    object: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: 1 } } }] } },
    problem: undefined,
  },
  {
    name: 'a value twice',
    type: configMapType,
    object: { metadata: { finalizers: ['a/b', 'a/b'] } },
    problem: '.metadata.finalizers: duplicate entries for key [="a/b"]',
  },
  {
    name: 'a key twice',
    type: podType,
    object: {
      spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] }] },
    },
    problem: '.spec.containers[name="c"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
  },
  {
    name: 'an item without its key',
    type: podType,
    object: { spec: { volumes: [{ emptyDir: {} }] } },
    problem: undefined,
  },
  {
    name: 'an item that is no object',
    type: podType,
    object: { spec: { containers: ['x'] } },
    problem: '.spec.containers: element 0: associative list with keys may not have non-map elements',
  },
  {
    name: 'an item that is null',
    type: podType,
    object: { spec: { containers: [null] } },
    problem: '.spec.containers: element 0: associative list with keys may not have a null element',
  },
  {
    name: 'null in a set',
    type: configMapType,
    object: { metadata: { finalizers: [null] } },
    problem: `.metadata.finalizers: element 0: associative list without keys has an element that's an explicit null`,
  },
  {
    name: 'several things',
    type: configMapType,
    object: { data: { a: 1, b: 2 } },
    problem:
      'errors:\n  .data.a: expected string, got &value.valueUnstructured{Value:1}\n  .data.b: expected string, got &value.valueUnstructured{Value:2}',
  },
]

describe('a configuration to apply', () => {
  for (const { name, type, object, problem } of cases) {
    it(`has ${problem === undefined ? 'no problem' : 'a problem'} with ${name}`, () =>
      expect(problems(type, object)).to.equal(problem))
  }
})
