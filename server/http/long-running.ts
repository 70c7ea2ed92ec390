// Which requests may take as long as they like.
import type { RequestInfo } from '../apimachinery/request-info.ts'

const subresources = new Set(['exec', 'attach', 'portforward', 'log', 'proxy'])

export function isLongRunning({ verb, subresource }: Pick<RequestInfo, 'verb' | 'subresource'>): boolean {
  return verb === 'watch' || verb === 'proxy' || subresources.has(subresource)
}
