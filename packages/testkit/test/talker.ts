// Says hello, its arguments and one variable, then waits for a signal or ends as told.
const [mode = ''] = process.argv.slice(2)
process.stdout.write(`hello ${mode} ${process.env['TALKER_COLOUR'] ?? 'none'}\n`)
process.stderr.write('on the error stream\n')
if (mode === 'exit') process.exitCode = 7
else setInterval(() => undefined, 60_000)
