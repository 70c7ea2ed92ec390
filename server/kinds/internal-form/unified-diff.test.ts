// Differences of texts as messages show them.
import { expect } from 'chai'
import { internalDiff, internalForm } from './index.ts'
import { unifiedDiff } from './unified-diff.ts'

const lines = (...numbers: (number | string)[]): string => numbers.join('\n')
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1)

describe('unifiedDiff', () => {
  it('says nothing about equal texts', () => expect(unifiedDiff('a\nb', 'a\nb')).to.equal(''))

  it('shows a change with three lines around it', () => {
    const old = upTo(9)
    const next = old.map((one) => (one === 5 ? 'five' : one))
    expect(unifiedDiff(lines(...old), lines(...next))).to.equal('@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n')
  })

  it('keeps changes apart that are far from each other', () => {
    const old = upTo(20)
    const next = old.filter((one) => one !== 2 && one !== 19)
    expect(unifiedDiff(lines(...old), lines(...next)).match(/^@@.*@@$/gm)).to.deep.equal([
      '@@ -1,5 +1,4 @@',
      '@@ -16,5 +15,4 @@',
    ])
  })

  it('counts from the line before where lines are only added', () => {
    expect(unifiedDiff('a', 'a\nb')).to.equal('@@ -1 +1,2 @@\n a\n+b\n')
  })

  it('does not follow lines that are very common in a long text', () => {
    const old = upTo(300).flatMap((one) => ['{', one, '}'])
    const next = old.map((one) => (one === 150 ? 'x' : one))
    expect(unifiedDiff(lines(...old), lines(...next))).to.equal(
      '@@ -446,7 +446,7 @@\n 149\n }\n {\n-150\n+x\n }\n {\n 151\n',
    )
  })
})

describe('internalForm', () => {
  it('has Go names, zeros and nulls', () => {
    expect(internalForm('ServicePort', { port: 80, protocol: 'TCP' })).to.deep.equal({
      Name: '',
      Protocol: 'TCP',
      AppProtocol: null,
      Port: 80,
      TargetPort: 0,
      NodePort: 0,
    })
  })

  it('keeps the names of meta types, and finds the fields of inline structs', () => {
    const term = { topologyKey: 'zone', labelSelector: { matchLabels: { b: '2', a: '1' } } }
    expect(JSON.stringify(internalForm('PodAffinityTerm', term))).to.contain(
      '"LabelSelector":{"matchLabels":{"a":"1","b":"2"}}',
    )
    expect(internalForm('Probe', { tcpSocket: { port: 80 } })).to.nested.include({
      'TCPSocket.Port': 80,
      PeriodSeconds: 0,
    })
  })

  it('takes the host namespaces of a pod from its spec', () => {
    expect(internalForm('PodSpec', { hostNetwork: true })).to.nested.include({ 'SecurityContext.HostNetwork': true })
  })

  it('prints differences of structs', () => {
    expect(internalDiff('Taint', { key: 'a', effect: 'NoSchedule' }, { key: 'a', effect: 'NoExecute' })).to.equal(
      '@@ -1,6 +1,6 @@\n {\n  "Key": "a",\n  "Value": "",\n- "Effect": "NoSchedule",\n+ "Effect": "NoExecute",\n  "TimeAdded": null\n }\n',
    )
  })
})
