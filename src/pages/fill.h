// Puts what a page says of its own into the values of its template.
#pragma once

#include "model/page.h"
#include "pages/ctemplate.h"

namespace tessera::pages {

/// `values` keeps views of the content: it lives no longer.
void fill(ctemplate::TemplateDictionary& values, const model::PageContent& content, model::Language language, int status);

}  // namespace tessera::pages
