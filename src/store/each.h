// Going through a realm's clients or users, a page at a time.
#pragma once

#include <iterator>
#include <type_traits>

#include "store/store.h"

namespace tessera::store {

/// `list` reads a page, `name_of` a row's place in the order of pages.
template <class List, class NameOf, class Use>
Status for_each_row(const List& list, const NameOf& name_of, const Use& use) {
  Page page{.limit = 500};
  while (true) {
    const auto rows = TRY(list(page));
    for (const auto& row : rows)
      if constexpr (std::is_void_v<decltype(use(row))>)
        use(row);
      else
        TRY(use(row));
    if (std::ssize(rows) < page.limit) return {};
    page.after = name_of(rows.back());
  }
}

/// Calls `use` with each client, by name; a Status that it returns can end it. Errors: the store's, `use`'s.
template <class Use>
Status for_each_client(ConfigStore& store, model::RealmId realm, const Use& use) {
  return for_each_row([&](const Page& page) { return store.list_clients(realm, page); }, [](const auto& row) { return row.client_id; },
                      use);
}

/// The same with each user.
template <class Use>
Status for_each_user(ConfigStore& store, model::RealmId realm, const Use& use) {
  return for_each_row([&](const Page& page) { return store.list_users(realm, page); }, [](const auto& row) { return row.username; }, use);
}

}  // namespace tessera::store
