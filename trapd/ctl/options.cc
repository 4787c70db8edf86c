// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/options.h"

#include <algorithm>
#include <cstdio>

#include "trapd/ctl/table.h"

namespace trapd::ctl {

void complain(const std::string& text) {
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = safe_text(text.substr(start, end - start));
    std::fprintf(stderr, "%s%s\n", start == 0 ? "trapctl: " : "", line.c_str());
    start = end + 1;
  }
}

void print_json(const Json& json) {
  std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

int ask(const Options& options, const char* command, Json arguments,
        const std::function<std::string(const Json&)>& text) {
  auto client = Client::connect(options.socket_path());
  if (!client) {
    complain(client.error().text);
    return kNobodyAnswers;
  }
  const auto answer = client->call(command, std::move(arguments));
  if (!answer) {
    complain(answer.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(*answer);
  } else {
    std::fputs(text(*answer).c_str(), stdout);
  }
  return 0;
}

int show(const Options& options, const Result<StoreAnswer>& answer) {
  if (!answer) {
    complain(answer.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(answer->json);
  } else {
    std::fputs(answer->text.c_str(), stdout);
  }
  return answer->status;
}

}  // namespace trapd::ctl
