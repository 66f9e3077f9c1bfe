-- desk/: customers are found by what people say: order numbers, loyalty codes and names, however they are written.
-- Folding stands here once, for what is stored and for what is asked. It does not lean on the database's locale, which is
-- C in the stores of our own and anything elsewhere.
create function folded_text(given text) returns text language sql immutable strict parallel safe as $$
  select replace(replace(replace(replace(replace(lower(translate(
    regexp_replace(normalize(given, NFKD), '[\u0300-\u036f]', '', 'g'),
    'ŁłØøĐđıÆæŒœÞþАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩς',
    'LlOoDdiaaooTtабвгдежзиклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξοπρστυφχψωσ')),
    'ß', 'ss'), 'ẞ', 'ss'), 'ae', 'a'), 'oe', 'o'), 'ue', 'u')
$$;
-- A number or code as it is compared: small letters, and no blanks or punctuation.
create function folded_code(given text) returns text language sql immutable strict parallel safe as $$
  select regexp_replace(lower(given), '[\s!-/:-@\[-`{-~]+', '', 'g')
$$;
create function folded_words(given text) returns text[] language sql immutable strict parallel safe as $$
  select array_remove(regexp_split_to_array(folded_text(given), '[\s!-/:-@\[-`{-~]+'), '')
$$;
-- The words of a name, each with its workspace in front, so that one index serves them apart.
create function name_words(workspace int, name text) returns tsvector language sql immutable strict parallel safe as $$
  select array_to_tsvector(array(select distinct workspace || ' ' || word from unnest(folded_words(name)) word))
$$;
-- Asks for names that have a word beginning like each of these.
create function name_query(workspace int, given text) returns tsquery language sql immutable strict parallel safe as $$
  select string_agg(quote_literal(workspace || ' ' || word) || ':*', ' & ')::tsquery from unnest(folded_words(given)) word
$$;
alter table customer_names add column words tsvector generated always as (name_words(workspace, name)) stored;
create index customer_names_words on customer_names using gin (words);

create table order_numbers (
  workspace int not null,
  code text not null,
  atom bigint not null,
  primary key (workspace, code, atom)
);
-- Orders that were known before: the second line of what is known of an atom holds them by their number.
insert into order_numbers (workspace, code, atom)
  select distinct a.workspace, left(folded_code(number), 200), a.id
  from atoms a, lateral jsonb_object_keys(coalesce(nullif(split_part(a.knowledge, chr(10), 2), '')::jsonb -> 'orders', '{}')) number
  where a.knowledge like '%' || chr(10) || '%"orders"%' and folded_code(number) <> '';

-- Every look at a customer at the desk: who looked, at whom, and by what they were found. What was typed is not kept.
create table desk_looks (
  id bigint generated always as identity primary key,
  workspace int not null,
  looked_at bigint not null,
  -- `key 3`, `user 2`, `panel 1`; the name is the key's, the person's, or what the helpdesk said.
  who text not null,
  name text not null,
  what text not null check (what in ('lookup', 'opened')),
  found_by text not null,
  customers bigint[] not null
);
create index desk_looks_newest on desk_looks (workspace, id desc);
create index desk_looks_whom on desk_looks using gin (customers);

-- Helpdesks that may show a customer in a frame; their secrets lie with the other secrets.
create table desk_panels (
  id int generated always as identity primary key,
  workspace int not null,
  name text not null,
  origins jsonb not null,
  created_at bigint not null
);
create index desk_panels_workspace on desk_panels (workspace);
-- Signed requests that were used: none opens a panel twice. Kept until it would be too old anyway.
create table desk_panel_used (
  panel int not null,
  token text not null,
  ends_at bigint not null,
  primary key (panel, token)
);

-- Who works at the desk opens the desk and nothing else.
alter table members drop constraint members_role_check,
  add constraint members_role_check check (role in ('owner', 'editor', 'viewer', 'desk'));
