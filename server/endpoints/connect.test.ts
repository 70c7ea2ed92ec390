// What is refused before any node is asked, and what needs none.
import { expect } from 'chai'
import type { Scope } from './api.ts'
import { connect } from './connect.ts'
import { TestApi } from './testing.ts'

describe('reaching into a pod', () => {
  let api: TestApi

  before(async () => {
    api = await TestApi.start()
    const spec = (...names: string[]) => ({ containers: names.map((name) => ({ name, image: 'x' })) })
    await api.create('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec: spec('a') })
    await api.create('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'two' }, spec: spec('a', 'b') })
  })

  const scope = (name: string, subresource: string, query = ''): Scope =>
    api.scope('pods', { name, subresource, query })

  it('has no logs while the pod has no node', () => {
    expect(connect(api, scope('one', 'log'))).to.deep.equal({ type: 'empty' })
  })

  const refusals: [name: string, subresource: string, query: string, message: string][] = [
    ['one', 'exec', 'command=ls', 'pod one does not have a host assigned'],
    ['one', 'attach', '', 'pod one does not have a host assigned'],
    ['one', 'portforward', '', 'pod one does not have a host assigned'],
    ['one', 'proxy', '', 'address not allowed'],
    ['one', 'log', 'container=nope', 'container nope is not valid for pod one'],
    ['two', 'log', '', 'a container name must be specified for pod two, choose one of: [a b]'],
    ['none', 'exec', '', 'pods "none" not found'],
    [
      'one',
      'log',
      'tailLines=-1',
      'PodLogOptions "one" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'one',
      'log',
      'limitBytes=0',
      'PodLogOptions "one" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
    ],
  ]
  for (const [name, subresource, query, message] of refusals) {
    it(`is refused: ${subresource} of ${name} ${query}`, () => {
      expect(() => connect(api, scope(name, subresource, query))).to.throw(message)
    })
  }
})
