import { libraryTests } from '../../tools/vitest-preset'

export default libraryTests('guidance')
