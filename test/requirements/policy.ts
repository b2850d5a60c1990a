export const policy = {
  'policy:residual:volatile': {
    says: 'no residual that is kept rests on the age of a sign-in: it is left open and put in when it is used',
    serves: 'R16',
  },
  'policy:expenses:approve': {
    says: 'only a finance user who manages the department approves, up to the limit, what is submitted',
    serves: 'R16',
  },
  'policy:expenses:bearer': { says: 'a token that is bound to no key approves nothing', serves: 'R10' },
  'policy:expenses:second-person': {
    says: 'a higher amount needs a second factor and the consent of a co-approver of the department',
    serves: 'R20',
  },
  'policy:expenses:sequence': {
    says: 'after confidential data was read, no report leaves the house',
    serves: 'R34',
  },
  'policy:expenses:report': { says: 'a report needs the finance role and a second factor', serves: 'R19' },
  'policy:expenses:tools': { says: 'roles and relations decide which tools a person may call', serves: 'R17' },
  'policy:expenses:read': { says: 'rows and field classes are read as the policy says, and no other', serves: 'R22' },
  'policy:expenses:people': { says: 'colleagues are visible to their department, salaries to nobody', serves: 'R22' },
  'policy:expenses:tables': {
    says: 'the table mapping supplies every attribute that the schema requires',
    serves: 'R21',
  },
  'policy:both:narrower': { says: 'subject and actor must both be permitted', serves: 'R8' },
  'policy:both:any-actor': {
    says: 'where any actor will do, the subject alone is asked about, and the decision and its record say so',
    serves: 'R8',
  },
  'policy:load:no-actor': {
    says: 'policies under which no actor, or no subject, can ever be permitted do not load',
    serves: 'R8',
  },
  'policy:both:obligations': { says: 'the obligations of subject and actor are both due', serves: 'R24' },
  'policy:both:version': { says: 'one decision rests on one version of the policy', serves: 'R27' },
  'policy:context:call': { says: 'intent, actor, proof and satisfied acr reach every question', serves: 'R8' },
  'policy:context:declared': {
    says: 'the layers know which context members an action declares, and ask with no other',
    serves: 'R43',
  },
  'policy:context:blank': {
    says: 'an entity of which nothing is known fits the schema and says least',
    serves: 'R20',
  },
  'policy:residual:agrees': { says: 'a residual, completed, answers as Cedar does', serves: 'R43' },
  'policy:residual:row-as-record': {
    says: 'a row given as a record of its attributes is judged the same',
    serves: 'R25',
  },
  'policy:residual:specialized': {
    says: 'an open residual, specialized, answers as one that was asked directly',
    serves: 'R43',
  },
  'policy:residual:operators': { says: 'every operator of the row subset survives the translation', serves: 'R43' },
  'policy:residual:unsupported': { says: 'a residual that cannot be read throws, and drops nothing', serves: 'R43' },
  'policy:residual:cached': { says: 'a residual is kept for what was folded into it, and nothing else', serves: 'R27' },
  'policy:residual:frozen': { says: 'a residual that is handed to many cannot be changed by one', serves: 'R43' },
  'policy:simplify:agrees': {
    says: 'simplifying changes no value and adds no answer where there was an error',
    serves: 'R43',
  },
  'policy:simplify:folds': { says: 'what is known is folded away', serves: 'R43' },
  'policy:simplify:bounds': {
    says: 'bounds are merged, and what contradicts itself is found, without a change of any answer',
    serves: 'R43',
  },
  'policy:simplify:errors-stay': { says: 'what could raise an error is not folded away', serves: 'R43' },
  'policy:evaluate:refuses': {
    says: 'what Cedar calls an error is an error, and so is an inexact integer',
    serves: 'R25',
  },
  'policy:evaluate:sets': { says: 'sets of any size compare by their values, in reasonable time', serves: 'R12' },
  'policy:evaluate:nested': {
    says: 'values inside sets are equal exactly when Cedar says so, however many',
    serves: 'R12',
  },
  'policy:evaluate:literal-bound': {
    says: 'a text too long for its extension type is no literal of it',
    serves: 'R12',
  },
  'policy:evaluate:hierarchy': { says: 'membership follows parents, and is not guessed without facts', serves: 'R17' },
  'policy:value:accepts': {
    says: 'JSON that a policy can decide on becomes values of the same content',
    serves: 'R16',
  },
  'policy:value:unsafe': { says: 'JSON that would mean something else to the engine is refused', serves: 'R16' },
  'policy:value:bounds': { says: 'depth and count of decided-on JSON are bounded', serves: 'R12' },
  'policy:load:mistake': { says: 'a mistake is one message with file, line and fix', serves: 'R39' },
  'policy:load:whole': {
    says: 'every policy of every file is loaded, whatever its strings and comments hold',
    serves: 'R39',
  },
  'policy:load:nesting': {
    says: 'a text that nests too deeply is refused before it reaches the engine',
    serves: 'R39',
  },
  'policy:load:size': { says: 'files that are too large, no text or not there are refused', serves: 'R39' },
  'policy:load:obligations': {
    says: 'only registered obligations with values that fit may be named, and a permit carries them',
    serves: 'R24',
  },
  'policy:obligations:values': { says: 'the value of an obligation fits what carries it out', serves: 'R24' },
  'policy:obligations:nearest': {
    says: 'an unknown annotation is told the known one that it resembles, if any',
    serves: 'R39',
  },
  'policy:obligations:registered': {
    says: 'an obligation is registered once, by name and kind of value',
    serves: 'R24',
  },
  'policy:version:content': {
    says: 'the version changes with any name or content, and with nothing else',
    serves: 'R27',
  },
  'policy:standing:revoked': {
    says: 'a revoked permit, and a revoked action or group of actions, permits nothing in any engine, and every forbid still forbids',
    serves: 'R28',
  },
  'policy:standing:reload': { says: 'what is revoked stays revoked when the policies change on disk', serves: 'R28' },
  'policy:standing:version': {
    says: 'every change of the standing is another version, the same in every process, and no residual of another version answers',
    serves: 'R27',
  },
  'policy:standing:fails-closed': {
    says: 'a standing that cannot be prepared denies everything until one can',
    serves: 'R28',
  },
  'policy:decide:misfit': { says: 'a question that does not fit the schema is a deny, never a permit', serves: 'R16' },
  'policy:decide:smuggled': { says: 'data that imitates an entity never becomes one', serves: 'R16' },
  'policy:decide:error-denies': { says: 'a policy that raises an error makes the answer a deny', serves: 'R16' },
  'policy:engine:decides-as-cedar': {
    says: 'every operator and extension type decides, determines and fails as in Cedar',
    serves: 'R43',
  },
  'policy:engine:residual-as-cedar': {
    says: 'a residual, specialized to a row and a context, says of every policy what Cedar says of it',
    serves: 'R43',
  },
  'policy:engine:misfit-as-cedar': {
    says: 'a question is refused exactly when Cedar refuses it',
    serves: 'R16',
  },
  'policy:engine:stricter': {
    says: 'where the house is stricter than Cedar, it denies',
    serves: 'R43',
  },
  'policy:engine:counterexamples': {
    says: 'what once told the evaluator from Cedar no longer does',
    serves: 'R43',
  },
  'policy:engine:sliced': {
    says: 'a question is answered by the policies that its scope admits, through groups and types, and by all of them',
    serves: 'R43',
  },
  'policy:engine:chosen': { says: 'the engine that is configured answers', serves: 'R43' },
  'policy:engine:compared': {
    says: 'where two engines disagree the answer is a deny, and the hook is told without facts',
    serves: 'R7',
  },
  'policy:engine:broken': { says: 'a broken engine denies, and the next question has a new one', serves: 'R7' },
  'policy:reload:next': { says: 'a changed policy answers the next question after it is loaded', serves: 'R27' },
  'policy:reload:broken': {
    says: 'a policy that does not load leaves the one before in use, and is reported',
    serves: 'R27',
  },
  'policy:reload:watched': { says: 'a change of the folder is noticed and loaded once it stands still', serves: 'R27' },
  'policy:reload:again': {
    says: 'a change that did not load for a passing reason is tried again without another change',
    serves: 'R27',
  },
  'policy:apart:same': {
    says: 'policies parsed in a thread of their own load, reload and are refused as those parsed here',
    serves: 'R27',
  },
  'policy:apart:kept': {
    says: 'a thread that parsed its folder without fault takes the next load, and no other does',
    serves: 'R39',
  },
  'policy:apart:bounded': {
    says: 'a load that takes too long or too much is ended with one message, and the next one is sound',
    serves: 'R7',
  },
  'policy:apart:answers-meanwhile': {
    says: 'questions are answered under the version in force while thousands of policies load',
    serves: 'R27',
  },
  'policy:apart:published': {
    says: 'the published package finds its thread, imported and required',
    serves: 'R39',
  },
  'policy:options:checked': { says: 'misused options are refused at construction', serves: 'R39' },
  'policy:engine:deoptimized': {
    says: 'a call into the policy engine survives that its caller is deoptimized meanwhile',
    serves: 'R7',
  },
  'discovery:limits:told': { says: 'limits tell the bounds that the policy puts on a call', serves: 'R14' },
  'discovery:limits:never': { says: 'what can never be permitted has no limits at all', serves: 'R13' },
  'discovery:limits:sound': { says: 'whatever is permitted lies within the limits', serves: 'R14' },
  'discovery:limits:complete': {
    says: 'limits that are called complete permit nothing that the policy does not',
    serves: 'R14',
  },
  'discovery:limits:bounded': { says: 'limits stay short, and say when they are wider than the policy', serves: 'R14' },
} as const
