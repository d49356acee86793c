// Checks the shape of chat requests with simdjson's on-demand parser, to show how fast compiled
// code does the work of Larder's Python and msgspec. It checks less than Larder: it does not
// validate skipped values, limit nesting or hash the file.
//
// Prints the number of valid requests and the CPU seconds, including those for reading the file.
#include <cstdio>
#include <ctime>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <unordered_set>

using namespace simdjson;

static bool known_role(std::string_view role) {
  return role == "user" || role == "system" || role == "assistant" || role == "developer" ||
         role == "tool" || role == "function";
}

static bool valid_messages(ondemand::array messages) {
  bool any = false;
  for (ondemand::object message : messages) {
    bool role = false, content = false;
    for (auto field : message) {
      std::string_view name = field.unescaped_key();
      ondemand::value value = field.value();
      if (name == "role") {
        role = known_role(value.get_string());
      } else if (name == "content") {
        auto type = value.type().value();
        content = type == ondemand::json_type::string || type == ondemand::json_type::array ||
                  type == ondemand::json_type::null;
      }
    }
    if (!role || !content) return false;
    any = true;
  }
  return any;
}

static bool valid_body(ondemand::object body, std::string &model) {
  bool has_model = false, has_messages = false;
  for (auto field : body) {
    std::string_view name = field.unescaped_key();
    if (name == "model") {
      std::string_view text = field.value().get_string();
      if (model.empty()) model = text;
      has_model = !text.empty() && text == model;
    } else if (name == "messages") {
      has_messages = valid_messages(field.value().get_array());
    } else if (name == "stream" && field.value().get_bool()) {
      return false;
    }
  }
  return has_model && has_messages;
}

static bool valid_request(ondemand::object request, std::string &model,
                          std::unordered_set<std::string> &ids) {
  int seen = 0;
  for (auto field : request) {
    std::string_view name = field.unescaped_key();
    if (name == "custom_id") {
      std::string_view id = field.value().get_string();
      if (id.empty() || id.size() > 512 || !ids.emplace(id).second) return false;
      seen += 1;
    } else if (name == "method") {
      if (std::string_view(field.value().get_string()) != "POST") return false;
      seen += 10;
    } else if (name == "url") {
      if (std::string_view(field.value().get_string()) != "/v1/chat/completions") return false;
      seen += 100;
    } else if (name == "body") {
      if (!valid_body(field.value().get_object(), model)) return false;
      seen += 1000;
    }
  }
  return seen == 1111;
}

int main(int, char **arguments) {
  std::clock_t start = std::clock();
  padded_string file = padded_string::load(arguments[1]);
  std::string model;
  std::unordered_set<std::string> ids;
  ids.reserve(50000);
  size_t valid = 0;
  ondemand::parser parser;
  ondemand::document_stream lines = parser.iterate_many(file, 1 << 20);
  for (auto line : lines) {
    try {
      valid += valid_request(line.get_object(), model, ids);
    } catch (const simdjson_error &) {
    }
  }
  std::printf("%zu %.6f\n", valid, double(std::clock() - start) / CLOCKS_PER_SEC);
}
