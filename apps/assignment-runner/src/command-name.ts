/**
 * What whoever started the program types before its options, as hints and `--help` have it: `npm start --` in a checkout, where
 * `tools/start.mjs` says so by `SBGM_COMMAND`, else the package's own command.
 */
export const commandName = process.env['SBGM_COMMAND'] ?? 'sbgm-assignment'
