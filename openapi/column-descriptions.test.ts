// Descriptions of the columns of Tables.
import { expect } from 'chai'
import { columnDescriptions } from './column-descriptions.ts'
import { resources, tableColumns } from './index.ts'

describe('column descriptions', () => {
  it('are read from the member that a column shows', () => {
    const [name, ip] = columnDescriptions('pods', ['Name', 'IP'])
    expect(name).to.match(/^Name must be unique within a namespace\./)
    expect(ip).to.match(/^podIP address allocated to the pod\./)
    expect(columnDescriptions('widgets.example.com', ['Created At', 'Flavour'])).to.deep.equal([
      columnDescriptions('pods', ['Age'])[0],
      '',
    ])
  })

  it('leave out the values of enumerations', () => {
    expect(columnDescriptions('services', ['Type'])[0])
      .to.match(/^type determines how/)
      .and.not.match(/Possible enum values/)
  })

  it('are there for every column but one', () => {
    const missing = resources.flatMap(({ group, version, resource }) => {
      const key = group === '' ? resource : `${resource}.${group}`
      const names = tableColumns(group, version, resource).map(({ name }) => name)
      return columnDescriptions(key, names).flatMap((text, at) => (text === '' ? [`${key} ${names[at]}`] : []))
    })
    // The printer asks for a member that ObjectMeta does not have.
    expect(missing).to.deep.equal(['runtimeclasses.node.k8s.io Handler'])
  })
})
