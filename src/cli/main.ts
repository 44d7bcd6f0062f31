#!/usr/bin/env node
import { runShoal } from './shoal.ts'

process.exitCode = await runShoal(process.argv.slice(2))
