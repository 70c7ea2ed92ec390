// Server-side apply: who owns what afterwards, and what goes.
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeObject } from '../../../openapi/decode.ts'
import { applyConfiguration } from './apply.ts'
import { compare } from './compare.ts'
import { Conflicts } from './conflicts.ts'
import { difference, isEmpty } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import { encodeManagers, managerId, type Managers } from './managers.ts'
import { ownedShapeOf } from './shape.ts'
import { builtIn, configMapType, podConfigurations, podType, writer } from './testing.ts'
import { afterUpdate, emptyObject } from './update.ts'
import type { ManagedType } from './versions.ts'

interface State {
  readonly object: object
  readonly managers: Managers
}

const nothing = (type: ManagedType): State => ({ object: emptyObject(type.schema), managers: new Map() })

function apply(
  type: ManagedType,
  { object, managers }: State,
  manager: string,
  config: object,
  { force = false, seconds = 0 } = {},
): State {
  const applied = applyConfiguration(type, object, config, managers, writer(manager, seconds), force)
  return {
    object: applied.object === undefined ? object : decodeObject(type.schema, applied.object).object,
    managers: applied.managers,
  }
}

function update(type: ManagedType, { object, managers }: State, manager: string, next: object, seconds = 0): State {
  return { object: next, managers: afterUpdate(type, object, next, managers, writer(manager, seconds)) }
}

/** Without times: writes that change nothing else are dropped later. */
const print = ({ object, managers }: State): unknown => ({
  object,
  managedFields: [...managers].map(([id, { set }]) => ({ id, set })).sort((a, b) => (a.id < b.id ? -1 : 1)),
})

const configMap = (data: Record<string, string>): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  data,
})
const pod = (spec: object): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec })

describe('applying a configuration', () => {
  it('twice changes nothing the second time', () => {
    fc.assert(
      fc.property(podConfigurations, podConfigurations, (before, config) => {
        const once = apply(podType, apply(podType, nothing(podType), 'other', before), 'own', config, { force: true })
        const twice = apply(podType, once, 'own', config, { seconds: 1 })
        expect(print(twice)).to.deep.equal(print(once))
      }),
    )
  })

  it('leaves what one, another and the first again apply as it was', () => {
    fc.assert(
      fc.property(podConfigurations, podConfigurations, (a, b) => {
        const both = apply(podType, apply(podType, nothing(podType), 'a', a), 'b', b, { force: true })
        const first = apply(podType, both, 'a', a, { force: true })
        const again = apply(podType, apply(podType, first, 'b', b, { force: true }), 'a', a, { force: true })
        expect(print(again)).to.deep.equal(print(first))
      }),
    )
  })

  it('makes its applier own all it mentions, and the object have it', () => {
    fc.assert(
      fc.property(podConfigurations, podConfigurations, (before, config) => {
        const { object, managers } = apply(podType, apply(podType, nothing(podType), 'other', before), 'own', config, {
          force: true,
        })
        const mentioned = fieldSetOf(ownedShapeOf(podType.schema), config)
        const own = managers.get(managerId({ name: 'own', operation: 'Apply', apiVersion: 'v1', subresource: '' }))
        expect(own?.set ?? {}).to.deep.equal(mentioned)
        // Of what was applied, nothing is missing and nothing differs.
        const { modified, removed } = compare(
          ownedShapeOf(podType.schema),
          decodeObject(podType.schema, config).object,
          object,
        )
        expect(isEmpty(difference(mentioned, difference(mentioned, modified))), 'modified').to.equal(true)
        expect(isEmpty(difference(mentioned, difference(mentioned, removed))), 'removed').to.equal(true)
      }),
    )
  })

  it('of nothing leaves what others own', () => {
    fc.assert(
      fc.property(podConfigurations, podConfigurations, (a, b) => {
        const alone = apply(podType, nothing(podType), 'a', a)
        const both = apply(podType, alone, 'b', b, { force: true })
        const owned = apply(podType, both, 'a', a, { force: true })
        const after = apply(podType, owned, 'b', pod({}), { force: true })
        const { modified, removed } = compare(
          ownedShapeOf(podType.schema),
          decodeObject(podType.schema, a).object,
          after.object,
        )
        const mentioned = fieldSetOf(ownedShapeOf(podType.schema), a)
        expect(difference(difference(mentioned, modified), removed)).to.deep.equal(mentioned)
      }),
    )
  })

  it('removes what is no longer mentioned and nobody else owns', () => {
    const both = apply(configMapType, nothing(configMapType), 'a', configMap({ k: 'v', l: 'w' }))
    const shared = apply(configMapType, both, 'b', configMap({ l: 'w' }))
    expect(apply(configMapType, shared, 'a', configMap({})).object)
      .to.have.property('data')
      .that.deep.equals({ l: 'w' })
  })

  it('leaves what nobody owns, but takes a list item along with its defaults', () => {
    const container = { name: 'c', image: 'i' }
    const applied = apply(
      podType,
      nothing(podType),
      'a',
      pod({ containers: [container, { name: 'd', image: 'i' }], hostname: 'h' }),
    )
    const defaulted = decodeObject(
      podType.schema,
      pod({
        containers: [container, { name: 'd', image: 'i', imagePullPolicy: 'Always' }],
        hostname: 'h',
        dnsPolicy: 'Default',
      }),
    ).object
    const after = apply(
      podType,
      { object: defaulted, managers: applied.managers },
      'a',
      pod({ containers: [container] }),
    )
    expect(after.object)
      .to.have.property('spec')
      .that.deep.equals({ containers: [{ ...container, resources: {} }], dnsPolicy: 'Default' })
  })

  it('conflicts with whoever owns another value, and tells of all at once', () => {
    const first = apply(configMapType, nothing(configMapType), 'm1', configMap({ k: 'v', l: 'v' }))
    const second = apply(configMapType, first, 'm2', configMap({ m: 'v' }))
    const attempt = (): State => apply(configMapType, second, 'm3', configMap({ k: 'x', l: 'x', m: 'x' }))
    expect(attempt).to.throw(Conflicts).with.property('toStatusError')
    try {
      attempt()
    } catch (error) {
      const { status } = (error as Conflicts).toStatusError()
      expect(status.message).to.equal(
        'Apply failed with 3 conflicts: conflicts with "m1":\n- .data.k\n- .data.l\nconflicts with "m2":\n- .data.m',
      )
      expect(status.details).to.deep.equal({
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.k' },
          { reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.l' },
          { reason: 'FieldManagerConflict', message: 'conflict with "m2"', field: '.data.m' },
        ],
      })
    }
  })

  it('does not conflict about the same value: both own it, the newcomer without a time', () => {
    const object = decodeObject(configMapType.schema, configMap({ k: 'v' })).object
    const updated = update(configMapType, nothing(configMapType), 'creator', object)
    expect(encodeManagers(apply(configMapType, updated, 'm1', configMap({ k: 'v' })).managers)).to.deep.equal([
      {
        manager: 'm1',
        operation: 'Apply',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:k': {} } },
      },
      {
        manager: 'creator',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:k': {} } },
      },
    ])
  })

  it('keeps list items in the order of the configuration, those of others around them', () => {
    const named = (...names: string[]): object => pod({ containers: names.map((name) => ({ name })) })
    const order = (live: string[], ...config: string[]): string[] => {
      const { object } = apply(
        podType,
        { object: decodeObject(podType.schema, named(...live)).object, managers: new Map() },
        'a',
        named(...config),
      )
      return (object as { spec: { containers: { name: string }[] } }).spec.containers.map(({ name }) => name)
    }
    expect(order(['a', 'b', 'c'], 'c', 'a')).to.deep.equal(['b', 'c', 'a'])
    expect(order(['a', 'b'], 'x', 'a')).to.deep.equal(['x', 'a', 'b'])
    expect(order(['a', 'b', 'c', 'd'], 'd', 'x', 'b')).to.deep.equal(['a', 'c', 'd', 'x', 'b'])
    expect(order(['a'], 'b')).to.deep.equal(['a', 'b'])
  })

  it('owns a struct that is one whole as one field', () => {
    const deployment = builtIn('apps/v1', 'io.k8s.api.apps.v1.Deployment')
    const config = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { a: 'b' } } },
    }
    const { managers } = apply(deployment, nothing(deployment), 'm', config)
    expect(encodeManagers(managers)![0]!.fieldsV1).to.deep.equal({ 'f:spec': { 'f:selector': {} } })
  })
})
