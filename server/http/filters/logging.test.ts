// A line in the log for every request.
import { expect } from 'chai'
import { TestServer } from '../testing.ts'

describe('logging', () => {
  it('tells of each request what it was and what became of it', async () => {
    const told: Record<string, string | number>[] = []
    const server = await TestServer.start({ logRequest: (message, values) => void told.push({ message, ...values }) })
    try {
      await server.send('/api/v1/namespaces/default/pods/a?x=1', {
        headers: { 'user-agent': 'test', 'audit-id': 'one', authorization: 'Bearer jane-token' },
      })
      expect(told).to.have.length(1)
      const { latency, srcIP, ...rest } = told[0]!
      expect(latency).to.match(/^\d+\.\d{3}ms$/)
      expect(srcIP).to.match(/^127\.0\.0\.1:\d+$/)
      expect(rest).to.deep.equal({
        message: 'HTTP',
        verb: 'GET',
        URI: '/api/v1/namespaces/default/pods/a?x=1',
        userAgent: 'test',
        'audit-ID': 'one',
        resp: 403,
      })
    } finally {
      await server.close()
    }
  })
})
