/** First halves of generated container names. */
export const adjectives: readonly string[] = `
  able amber apt bold brave bright brisk calm candid careful cheerful civil clear clever cosy curious dapper deft
  eager early earnest exact fair faithful fearless fine fond frank fresh gentle glad golden graceful grand green
  happy hardy hearty honest humble jolly keen kind lively lucid lucky merry mild modest neat nimble noble patient
  placid plain polite proud prudent quick quiet ready robust serene sharp silver sleek smart sober solid spry
  steady still stoic sunny swift tidy tranquil trusty upbeat vivid warm wise witty zesty
`
  .trim()
  .split(/\s+/)

/** Second halves: people who worked on shared machines, queues, networks, numbers and engines. */
export const surnames: readonly string[] = `
  abramson allen babbage backus baran bartik bell berners boole brinch brooks cerf church clarke codd conway corbato
  dahl davies dekker denning diffie dijkstra engelbart erlang estrin eckert flowers floyd ghodsi goldberg goldstine
  gosling gray hamilton hamming hellman hoare hollerith holberton hopper iverson jacobson jain kahn karp kay keller
  kernighan kilburn kildall kleene kleinrock knuth lamport lampson leslie licklider liskov little lovelace mauchly
  mccarthy meltzer metcalfe milner minsky naur nash neumann newell noether nygaard organick palm perlis perlman
  pollaczek postel quinlan randell ritchie rivest saltzer scott shannon shapley sifakis simon spence stallings
  strachey sutherland tarjan thompson torvalds turing vickrey wheeler wilkes wilkinson wirth zuse
`
  .trim()
  .split(/\s+/)
