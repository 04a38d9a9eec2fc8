import { join } from 'node:path'
import { atomicWrite } from '../atomic-write'
import { exitCode } from '../exit-code'
import type { TextStream } from '../progress'
import type { ReportOptions } from './report-options'
import { reportPage } from './report-page'
import { readOutputs } from './run-outputs'

/** The report's name in OUT. */
export const reportName = 'report.html'

/**
 * Writes `OUT/report.html` from what lies in OUT: the same bytes for the same outputs.
 *
 * @returns the file's path
 * @throws {RunError} where no run has left anything in OUT, or the file cannot be written.
 */
export function writeReport(out: string): string {
  const path = join(out, reportName)
  atomicWrite(path, reportPage(readOutputs(out)), reportName)
  return path
}

/** `sbgm-assignment report`: writes the report and says where it lies. @returns the exit code */
export function rewriteReport({ out }: ReportOptions, { stdout }: { readonly stdout: TextStream }): number {
  stdout.write(`Report: ${writeReport(out)}\n`)
  return exitCode.ok
}
