// Folders are made where they are missing, and errors tell why they could not be.
import { expect } from 'chai'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from './folder.ts'

describe('makeFolder', () => {
  const root = mkdtempSync(join(tmpdir(), 'kubeling-folder-'))
  after(() => rmSync(root, { recursive: true }))

  it('makes what is missing, and leaves what is there', () => {
    makeFolder(join(root, 'a/b/c'))
    makeFolder(join(root, 'a/b/c'))
    expect(statSync(join(root, 'a/b/c')).isDirectory()).to.equal(true)
  })

  it('fails below a file', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => makeFolder(join(root, 'file/below'))).to.throw(/ENOTDIR|EEXIST/)
  })

  it('fails, and does so at once, where a folder exists in which none can be made', function () {
    if (!existsSync('/proc/self')) this.skip()
    expect(() => makeFolder('/proc/kubeling/below')).to.throw(/ENOENT|EACCES|EPERM/)
  })
})
