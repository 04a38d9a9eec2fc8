import { libraryTests } from '../../tools/vitest-preset.ts'

export default libraryTests('training')
