// The stages in the order in which they are asked: the first that applies is the pod's next.
import type { Stage } from '../stage.ts'
import { backOff, restart } from './restart.ts'
import { finish } from './finish.ts'
import { finishInit, startInit } from './init.ts'
import { observe } from './observe.ts'
import { prepare } from './prepare.ts'
import { end, remove, stop } from './deletion.ts'
import { replace } from './replace.ts'
import { start } from './start.ts'
import { stopSidecars } from './sidecars.ts'

export const stages: readonly Stage[] = [
  stop,
  end,
  remove,
  prepare,
  startInit,
  finishInit,
  start,
  finish,
  stopSidecars,
  backOff,
  restart,
  replace,
  observe,
]
