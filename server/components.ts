// The loops that act on the cluster: controllers, scheduler, kubelets; started in order, stopped in reverse.
import type { UserInfo } from './apimachinery/types.ts'
import type { Client } from './client/client.ts'
import type { CompleteOptions } from './options.ts'

export interface Components {
  close(): Promise<void>
}

export interface ComponentDependencies {
  readonly options: CompleteOptions
  readonly clientFor: (user: UserInfo, agent: string) => Client
  /** PEM. */
  readonly rootCA: string
}

export async function startComponents(_dependencies: ComponentDependencies): Promise<Components> {
  return { close: async () => {} }
}
