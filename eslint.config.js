import nx from '@nx/eslint-plugin'
import { createProjectGraphAsync } from '@nx/devkit'
import importX, { createNodeResolver } from 'eslint-plugin-import-x'
import jsdoc from 'eslint-plugin-jsdoc'
import tseslint from 'typescript-eslint'
import { fileName } from './tools/lint/file-name.js'

// The module-boundary rule reads the cached project graph and skips itself, with a warning only, where there is none.
await createProjectGraphAsync({ exitOnError: true })

const libraries = ['libs/*/src/**/*.ts']
const tests = ['**/*.test.ts', '**/*.test-d.ts']
const boundaries = {
  depConstraints: [
    { sourceTag: 'type:core', onlyDependOnLibsWithTags: [] },
    { sourceTag: 'type:model', onlyDependOnLibsWithTags: ['type:core'] },
    { sourceTag: 'type:standalone', onlyDependOnLibsWithTags: [] },
    { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['*'] },
  ],
  enforceBuildableLibDependency: false,
  allow: ['../../../../tools/software-gpu', '../../../../tools/chromium', '../../../tools/software-gpu'], // what tests on a GPU and in a browser have in common
}
const readmeTests = { ...boundaries, allowCircularSelfDependency: true, allow: ['../../tools/readme-snippet'] }

const noRandomOps = 'tfjs randomness is not keyed (its seed 0 is unseeded, DESIGN 3.5); draw noise through @sbgm/sde-core.'
const injectedBackend = 'The backend is injected: whoever runs the program sets it, registers kernels and owns global state.'
const fromCore = (message, importNames) => ({ name: '@tensorflow/tfjs-core', message, importNames })

/** What a library may not take from the core; a namespace import would take it all, so it is refused as well. */
const coreImports = [
  fromCore(noRandomOps, [
    'rand', 'randomGamma', 'randomNormal', 'randomStandardNormal', 'randomUniform', 'randomUniformInt', 'truncatedNormal', 'multinomial', 'dropout',
  ]),
]
const globalState = fromCore(injectedBackend, [
  'setBackend', 'removeBackend', 'registerBackend', 'registerKernel', 'unregisterKernel', 'registerGradient', 'unregisterGradient',
  'copyRegisteredKernels', 'setPlatform', 'disposeVariables', 'enableProdMode', 'enableDebugMode',
])
const otherTensorFlow = {
  regex: '^@tensorflow/(?!tfjs-core$)',
  allowTypeImports: true,
  message: 'A library takes values from the peer @tensorflow/tfjs-core only; backends and gradients are the program\'s to import.',
}
const ownIndex = {
  regex: '^(\\.{1,2}/)*(\\.{1,2}|index)$',
  message: 'Import the file that defines the name, not an index.',
}
const restrict = (paths, patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { paths, patterns }] })

export default tseslint.config(
  { ignores: ['**/dist', '**/*.as.ts', 'docs/api', '.nx', '.reports', 'outputs', '**/gallery', '**/*.cjs'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  {
    files: ['**/*.ts', '**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx, 'import-x': importX, sbgm: { rules: { 'file-name': fileName } } },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'], conditionNames: ['@sbgm/source', 'node', 'import', 'default'] })],
      'import-x/extensions': ['.ts', '.js', '.mjs'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'sbgm/file-name': 'error',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-default-export': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },

  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },

  {
    files: ['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': ['error', boundaries] },
  },
  {
    files: ['{libs,apps}/*/*.test.ts'], // a README shows the library from outside, by its own name
    rules: { '@nx/enforce-module-boundaries': ['error', readmeTests] },
  },

  {
    files: libraries,
    ignores: tests,
    plugins: { jsdoc },
    rules: {
      ...restrict([...coreImports, globalState], [otherTensorFlow, ownIndex]),
      'no-restricted-syntax': ['error', {
        selector: 'MemberExpression[property.name=/^(dataSync|arraySync)$/]',
        message: 'Reading a tensor synchronously blocks on a GPU; await data() instead.',
      }],
      'jsdoc/require-jsdoc': ['error', {
        publicOnly: true,
        contexts: ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'ExportNamedDeclaration > VariableDeclaration'],
        require: { ClassDeclaration: true, FunctionDeclaration: true },
        enableFixer: false,
      }],
      'jsdoc/check-param-names': ['error', { checkDestructured: false, disableMissingParamChecks: true }],
      'jsdoc/no-types': 'error',
      'max-lines': ['error', { max: 300 }],
    },
  },
  {
    files: ['libs/backends/src/**/*.ts'],
    ignores: tests,
    rules: restrict(coreImports, [ownIndex]),
  },
  {
    files: ['libs/onnx/src/trace/**/*.ts'], // tracing is a tfjs backend of its own
    ignores: tests,
    rules: restrict(coreImports, [otherTensorFlow, ownIndex]),
  },
  {
    files: ['apps/*/src/**/*.ts'],
    ignores: tests,
    rules: restrict(coreImports, [ownIndex]),
  },

  {
    files: ['**/*.config.ts', '*.config.js'],
    rules: { 'import-x/no-default-export': 'off' },
  },
)
