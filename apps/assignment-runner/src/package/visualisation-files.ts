import fs from 'node:fs'
import { join } from 'node:path'
import { commandName } from '../command-name'
import { RunError } from '../errors'
import { manifestName } from '../manifest'
import { isPartNumber, partFolder, partName, type PartId } from '../part-id'
import type { RunOutputs } from '../report/run-outputs'
import { reportName } from '../report/write-report'
import type { ArchiveFile } from './archive'

/**
 * What a run shows: its report, and of each part the figures, the text and the numbers.
 *
 * @param parts - the parts that must be there.
 * @throws {RunError} where one of them is not complete, or its files are no longer what the run wrote.
 */
export function visualisationFiles({ out, parts: done }: RunOutputs, parts: readonly PartId[]): readonly ArchiveFile[] {
  const rerun = `Run ${commandName} --resume --out ${out}.`
  for (const wanted of parts.filter(isPartNumber)) {
    const found = done.find(({ entry }) => entry.part === wanted)
    if (found?.entry.status !== 'complete') throw new RunError(`every part must be complete in --out '${out}'; ${partName(wanted)} is ${found?.entry.status ?? 'not there'}. ${rerun}`)
  }
  const complete = done.filter(({ entry }) => entry.status === 'complete')
  for (const { entry, changed } of complete) {
    if (changed.length > 0) throw new RunError(`every file must be as the run wrote it; of ${partName(entry.part)}, ${changed.join(', ')} is missing or was changed. ${rerun}`)
  }
  const names = complete.flatMap(({ entry }) => entry.files.map(({ path }) => path).filter((path) => shown.test(path.slice(partFolder(entry.part).length + 1))))
  return [reportName, manifestName, ...names].map((name) => ({ name, data: fs.readFileSync(join(out, name)), executable: false }))
}

const shown = /^([^/]+\.(png|svg|gif)|README\.md|metrics\.json|network\.txt)$/
