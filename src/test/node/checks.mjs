// One JSON line a check, so that the JUnit test that started us can tell which one failed; exit code 1 if any did.
let failed = false;

export async function check(name, body) {
  try {
    const detail = await body();
    console.log(JSON.stringify({ name, ok: true, detail: detail === undefined ? '' : String(detail) }));
  } catch (error) {
    failed = true;
    console.log(JSON.stringify({ name, ok: false, detail: String(error?.stack ?? error) }));
  }
}

export function that(condition, explanation) {
  if (!condition) throw new Error(explanation);
}

export function equal(actual, expected, what) {
  that(actual === expected, `${what}: ${JSON.stringify(actual)} (expected: ${JSON.stringify(expected)})`);
}

/** The error that a body throws; the check fails if it throws none. */
export async function thrown(body) {
  try {
    await body();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** A request's option for the simulated provider; end-to-end headers pass a gateway. */
export const simulate = (script) => ({ headers: { 'x-simulate': script } });

export function end() {
  process.exit(failed ? 1 : 0);
}

export const weather = {
  name: 'get_weather',
  description: 'Current weather for a city',
  schema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['c', 'f'] } },
    required: ['city'],
  },
};
