// `node bench.mjs JOB URL NUMBER` does one job with the JavaScript SDK and prints what came of it.
import Parse from 'parse/node';

const PAGE = 1000;
const WORK = 20;
const [job, url, number] = [process.argv[2], process.argv[3], Number(process.argv[4])];

class GameScore extends Parse.Object {
  constructor(values) { super('GameScore', values); }
}
class Profile extends Parse.Object {
  constructor(values) { super('Profile', values); }
}
Parse.Object.registerSubclass('GameScore', GameScore);
Parse.Object.registerSubclass('Profile', Profile);

const player = () => Parse.User.createWithoutData('dI0lUmR2NA');
const score = (i) => new GameScore({
  score: i,
  playerName: 'Søren Plott',
  cheatMode: i % 2 === 0,
  skills: ['pwnage', 'flying', 'jumping'],
  location: new Parse.GeoPoint(40 + (i % 1000) / 1000, -30 - (i % 1000) / 1000),
  playedAt: new Date(1.6e12 + i * 1000),
  player: player(),
});
const id = (row) => 'r' + String(row).padStart(9, '0');

async function scan({ keep = false, work = 0 } = {}) {
  const kept = [];
  let rows = 0, sum = 0;
  for (;;) {
    const page = await new Parse.Query(GameScore).limit(PAGE).skip(rows).find();
    rows += page.length;
    for (const row of page) sum += row.get('score');
    if (keep) kept.push(...page);
    if (page.length < PAGE) return `${rows} ${sum}`;
    if (work) await new Promise((done) => setTimeout(done, work));
  }
}

const jobs = {
  start: async () => '',
  stream: () => scan(),
  all: () => scan({ keep: true }),
  overlap: () => scan({ work: WORK }),
  async batch() {
    // one call for all of them takes twice as long: its work grows with the square of their number
    let created = 0;
    for (let first = 0; first < number; first += 50) {
      const some = Array.from({ length: Math.min(50, number - first) }, (_, i) => score(first + i));
      await Parse.Object.saveAll(some, { batchSize: 50 });
      created += some.filter((one) => one.id).length;
    }
    return created;
  },
  async single() {
    for (let i = 0; i < number; i++) {
      const one = score(i);
      await one.save();
      await one.save({ score: i + 1 });
    }
    return number;
  },
  async gets() {
    let next = 0, sum = 0;
    await Promise.all(Array.from({ length: 64 }, async () => {
      while (next < number) {
        const row = await new Parse.Query(GameScore).get(id(next++ * 5));
        sum += row.get('score'); // `sum += await` would read the sum before it waits
      }
    }));
    return `${number} ${sum}`;
  },
  async query() {
    const day = new Date(1.6e12), user = player();
    let bytes = 0;
    for (let i = 0; i < number; i++) {
      const query = new Parse.Query('GameScore')
        .greaterThanOrEqualTo('score', i)
        .equalTo('cheatMode', false)
        .containedIn('playerName', ['Sean Plott', 'Anna Smith'])
        .greaterThan('playedAt', day)
        .equalTo('player', user)
        .equalTo('skills', 'flying')
        .descending('score')
        .limit(100);
      // it sends queries as a POST's body
      bytes += JSON.stringify(query.toJSON()).length;
    }
    if (!bytes) throw new Error('nothing was built');
    return number;
  },
  async diff() {
    const profile = new Profile({
      score: 0, playerName: 'Søren Plott', cheatMode: false, level: 3, ratio: 0.75, title: 'Captain',
      skills: ['pwnage', 'flying', 'jumping'], note: 'nothing to say', active: true,
    });
    await profile.save();
    let bytes = 0;
    for (let i = 1; i <= number; i++) {
      profile.set('score', i);
      profile.set('note', 'something to say');
      profile.set('playedAt', new Date(1.6e12 + i * 1000));
      // what `save` sends
      bytes += JSON.stringify(profile._getSaveJSON()).length;
      profile.revert();
    }
    return bytes;
  },
};

Parse.initialize('app', 'js');
Parse.serverURL = url;
console.log(String(await jobs[job]()));
