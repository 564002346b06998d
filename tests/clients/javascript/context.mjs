// What the subjects share: names that nobody else uses, and how refusals are looked at.
import assert from 'node:assert/strict';
import Parse from 'parse/node';

const run = `W${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
let drawn = 0;

/** A text that no other run has. */
export const unique = (prefix = 'w') => `${prefix}_${run}_${(drawn += 1)}`;

/** The classes of this run. */
export const classes = new Set();

/** A class of this run, by its plain name. */
export const named = (plain) => {
  const name = `${run}${plain}`;
  classes.add(name);
  return name;
};

/** The PostgreSQL adapter of the real server cannot do everything that MongoDB does. */
export const postgres = process.env.PARSE_DATABASE === 'postgres';

export const master = { useMasterKey: true };

/** The promise is refused with this code. */
export const refused = async (code, promise) => {
  const error = await promise.then(
    (value) => assert.fail(`code ${code} expected, got ${JSON.stringify(value)}`),
    (error) => error,
  );
  if (!(error instanceof Parse.Error)) throw error;
  assert.equal(error.code, code, `code ${code} expected, got ${error.code}: ${error.message}`);
  return error;
};

/** Runs a subject, but not for ever. */
export const only = async (walk) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no end after a minute')), 60_000);
  });
  try {
    return await Promise.race([walk(), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The values of one field. */
export const values = (objects, field) => objects.map((object) => object.get(field));

/** A user who is signed up, with a session of its own that is not the current one. */
export const newUser = async (fields = {}) => {
  const user = new Parse.User({ username: unique('user'), password: 'secret', ...fields });
  await user.signUp();
  const sessionToken = user.getSessionToken();
  const json = user.toJSON();
  Parse.User._clearCache();
  await Parse.CoreManager.getUserController().removeUserFromDisk?.();
  return { id: user.id, user, session: { sessionToken }, name: json.username };
};
