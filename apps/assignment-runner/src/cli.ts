#!/usr/bin/env node
import { openBackend } from '@sbgm/backends'
import { loadDataset } from '@sbgm/datasets/node'
import { findOnnxRuntime } from '@sbgm/onnx'
import { findJupyter } from './notebook/find-jupyter'
import { parts } from './parts'
import { runAssignment } from './run-assignment'

const { stdout, stderr, env } = process
for (const stream of [stdout, stderr]) stream.on('error', () => {}) // a pipe closed by its reader is no reason to stop
const exit = (code: number) => process.exit(code)
const code = await runAssignment(process.argv.slice(2), {
  parts,
  stdout,
  stderr,
  env,
  signals: process,
  exit,
  openBackend,
  findOnnxRuntime,
  loadDataset,
  findJupyter,
})
stdout.write('', () => exit(code)) // a GPU's native threads would keep the process alive
